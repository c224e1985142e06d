/** Names this tab: its edits, so that their echo is known, and its place among those who look. */
export const client = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join("").slice(0, 16);
