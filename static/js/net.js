// Requests of our own scripts. A failure is always a `Failure`: what happened, what to do, and whether the connection was lost.

const base = document.documentElement.dataset.base ?? "";

export class Failure extends Error {
  /**
   * @param {string} message
   * @param {string} hint
   * @param {number} status 0 where no answer came
   * @param {string} code
   */
  constructor(message, hint, status, code) {
    super(message);
    this.hint = hint;
    this.status = status;
    this.code = code;
  }

  /** Whether this may not be seen, or is not there. */
  get denied() {
    return this.status === 401 || this.status === 403 || this.status === 404;
  }

  /** Whether the request may have been lost on the way. */
  get lost() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/**
 * The address of a path under the base path.
 * @param {string} path
 * @returns {string}
 */
export function address(path) {
  return `${base}${path}`;
}

/**
 * @param {string} url
 * @param {RequestInit} init
 * @returns {Promise<Response>}
 */
async function send(url, init) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init, headers: { "X-Keygraft": "script", ...init.headers } });
  } catch (problem) {
    if (init.signal?.aborted) {
      throw problem;
    }
    throw new Failure(String(problem), "", 0, "lost");
  }
  if (response.ok) {
    return response;
  }
  /** @type {{message?: string, hint?: string, code?: string}} */
  let told = {};
  try {
    told = await response.json();
  } catch {
    // a proxy's own page: the status says all
  }
  throw new Failure(told.message ?? `${response.status} ${response.statusText}`, told.hint ?? "", response.status, told.code ?? "");
}

/**
 * Post a value, get one back.
 * @param {string} url
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 * @param {boolean} [keepalive] whether it is sent even where the page goes
 * @returns {Promise<any>}
 */
export async function post(url, body, signal, keepalive = false) {
  const init = { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal: signal ?? null, keepalive };
  return (await send(url, init)).json();
}

/**
 * Post bytes, get a value back.
 * @param {string} url
 * @param {Blob} body
 * @param {Record<string, string>} headers
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function postBytes(url, body, headers, signal) {
  return (await send(url, { method: "POST", body, headers, signal: signal ?? null })).json();
}

/**
 * Post a form, get markup back.
 * @param {string} url
 * @param {FormData} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>}
 */
export async function postForm(url, body, signal) {
  return (await send(url, { method: "POST", body, signal: signal ?? null })).text();
}

/**
 * Get text.
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>}
 */
export async function text(url, signal) {
  return (await send(url, { signal: signal ?? null })).text();
}

/**
 * Get bytes.
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<ArrayBuffer>}
 */
export async function bytes(url, signal) {
  return (await send(url, { signal: signal ?? null })).arrayBuffer();
}
