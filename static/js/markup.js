// Markup that our own server wrote, put into the page; data never goes this way.

/**
 * Replace what an element holds with a fragment of the server.
 * @param {Element} element
 * @param {string} markup
 */
export function place(element, markup) {
  const parsed = new DOMParser().parseFromString(`<body>${markup}`, "text/html");
  element.replaceChildren(...parsed.body.childNodes);
}

/**
 * Make an element with a class and text.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/**
 * An element of the page by id; a page without it is a defect.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`#${id}`);
  }
  return found;
}
