// Theme and density: attributes of the root element, kept in a cookie so that the server writes them at once.

const THEMES = ["system", "light", "dark"];
const DENSITIES = ["regular", "compact"];

/**
 * @param {"theme" | "density"} what
 * @param {string[]} values
 */
function turn(what, values) {
  const root = document.documentElement;
  const next = values[(values.indexOf(root.dataset[what] ?? "") + 1) % values.length] ?? "";
  root.dataset[what] = next;
  const path = root.dataset.base || "/";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser, and not on plain http
  document.cookie = `kg-${what}=${next}; path=${path}; max-age=31536000; samesite=lax`;
  document.dispatchEvent(new CustomEvent("kg:looks"));
}

export const turnTheme = () => turn("theme", THEMES);
export const turnDensity = () => turn("density", DENSITIES);
