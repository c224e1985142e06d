// Where lent files lie: browsers that give handles keep them over a reload (IndexedDB). No byte of a file is kept, and other browsers are asked
// for the file again.

/**
 * @typedef {{name: string, handle: FileSystemHandle}} Root a file or folder as it was given
 * @typedef {{name: string, size: number}} Known
 * @typedef {FileSystemHandle & {
 *   queryPermission?: (wish: {mode: string}) => Promise<string>,
 *   requestPermission?: (wish: {mode: string}) => Promise<string>,
 * }} Asking
 */

const DATABASE = "keygraft";
const STORE = "lent";
const KEPT = 64;
const READ = { mode: "read" };

/**
 * Handles of what is dropped. Must be called before anything is awaited: the browser empties the items.
 * @param {DataTransfer} transfer
 * @returns {Promise<Root[]>}
 */
export async function droppedRoots(transfer) {
  const items = /** @type {(DataTransferItem & {getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>})[]} */ ([...transfer.items]);
  const asked = items.filter((item) => item.kind === "file").map((item) => item.getAsFileSystemHandle?.());
  const found = await Promise.allSettled(asked);
  const handles = found.map((each) => (each.status === "fulfilled" ? each.value : null));
  return handles.every((handle) => handle) ? handles.flatMap((handle) => (handle ? [{ name: handle.name, handle }] : [])) : [];
}

/**
 * Remember where files lie; quietly nothing where the browser keeps no handles.
 * @param {Known[]} files
 * @param {Root[]} roots
 */
export async function keepRoots(files, roots) {
  if (!roots.length) {
    return;
  }
  try {
    const store = await opened("readwrite");
    await done(store.put({ roots, at: Date.now() }, nameOf(files)));
    await forgetOld(store);
  } catch {
    // a browser that keeps no handles, or a private window: the files are given again then
  }
}

/**
 * Where files lie that were lent before.
 * @param {Known[]} files
 * @returns {Promise<Root[]>}
 */
export async function rootsOf(files) {
  try {
    return (await done((await opened("readonly")).get(nameOf(files))))?.roots ?? [];
  } catch {
    return [];
  }
}

/**
 * Whether the files may be read now, or only after the person was asked.
 * @param {Root[]} roots
 * @returns {Promise<boolean>}
 */
export async function mayRead(roots) {
  const states = await Promise.all(roots.map(({ handle }) => /** @type {Asking} */ (handle).queryPermission?.(READ) ?? "granted"));
  return states.every((state) => state === "granted");
}

/**
 * Ask the person; needs a click. One after another: each may be a question.
 * @param {Root[]} roots
 * @returns {Promise<boolean>}
 */
export async function askToRead(roots) {
  for (const { handle } of roots) {
    if ((await /** @type {Asking} */ (handle).requestPermission?.(READ)) === "denied") {
      return false;
    }
  }
  return true;
}

/**
 * The files behind handles; those that are gone are left out.
 * @param {Root[]} roots
 * @param {Known[]} files
 * @returns {Promise<{name: string, file: File}[]>}
 */
export async function filesAt(roots, files) {
  const found = await Promise.all(files.map(async ({ name }) => ({ name, file: await fileAt(roots, name) })));
  return found.flatMap(({ name, file }) => (file ? [{ name, file }] : []));
}

/**
 * @param {Root[]} roots
 * @param {string} name
 * @returns {Promise<File | null>}
 */
async function fileAt(roots, name) {
  for (const root of roots) {
    const inside = name.startsWith(`${root.name}/`) ? name.slice(root.name.length + 1) : name;
    try {
      if (root.handle.kind === "directory") {
        return await within(/** @type {FileSystemDirectoryHandle} */ (root.handle), inside);
      }
      if (root.name === name) {
        return await /** @type {FileSystemFileHandle} */ (root.handle).getFile();
      }
    } catch {
      // not there: moved, renamed, or in another of the roots
    }
  }
  return null;
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} path
 * @returns {Promise<File>}
 */
async function within(folder, path) {
  const [first = "", ...rest] = path.split("/");
  return rest.length ? within(await folder.getDirectoryHandle(first), rest.join("/")) : (await folder.getFileHandle(first)).getFile();
}

/** @param {Known[]} files */
function nameOf(files) {
  return JSON.stringify(files.map(({ name, size }) => [name, size]).sort());
}

/**
 * @param {IDBTransactionMode} mode
 * @returns {Promise<IDBObjectStore>}
 */
async function opened(mode) {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return (await done(request)).transaction(STORE, mode).objectStore(STORE);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBObjectStore} store */
async function forgetOld(store) {
  const names = await done(store.getAllKeys());
  const ages = await done(store.getAll());
  const old = names.map((name, index) => ({ name, at: ages[index]?.at ?? 0 })).sort((one, other) => other.at - one.at);
  for (const { name } of old.slice(KEPT)) {
    store.delete(name);
  }
}
