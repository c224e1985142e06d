// Files out of a drop or a chooser, folders included.

/**
 * @typedef {{name: string, file: File, whole?: string}} Lent
 * `name` is the path inside what was dropped, without the outermost folder; `whole` with it.
 */

/**
 * Every file of a drop. Items must be read before anything is awaited: the browser empties them.
 * @param {DataTransfer} transfer
 * @returns {Promise<Lent[]>}
 */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.length) {
    return [...transfer.files].map((file) => ({ name: file.name, file }));
  }
  const found = await Promise.all(entries.map((entry) => walk(entry, "")));
  return tidy(found.flat());
}

/**
 * Every file of a chooser.
 * @param {FileList} files
 * @returns {Lent[]}
 */
export function chosen(files) {
  return tidy([...files].map((file) => ({ name: file.webkitRelativePath || file.name, file })));
}

/**
 * Every file behind handles, folders included.
 * @param {{name: string, handle: FileSystemHandle}[]} roots
 * @returns {Promise<Lent[]>}
 */
export async function listed(roots) {
  const found = await Promise.all(roots.map(({ name, handle }) => within(name, handle)));
  return tidy(found.flat());
}

/**
 * @param {string} name
 * @param {FileSystemHandle} handle
 * @returns {Promise<Lent[]>}
 */
async function within(name, handle) {
  if (handle.kind === "file") {
    return [{ name, file: await /** @type {FileSystemFileHandle} */ (handle).getFile() }];
  }
  /** @type {Promise<Lent[]>[]} */
  const inside = [];
  for await (const [child, each] of /** @type {FileSystemDirectoryHandle} */ (handle).entries()) {
    if (!child.startsWith(".")) {
      inside.push(within(`${name}/${child}`, each));
    }
  }
  return (await Promise.all(inside)).flat();
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} above
 * @returns {Promise<Lent[]>}
 */
async function walk(entry, above) {
  const name = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => {
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject);
    });
    return [{ name, file }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {FileSystemEntry[]} */
  const inside = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) {
      break;
    }
    inside.push(...some);
  }
  const found = await Promise.all(inside.filter((each) => !each.name.startsWith(".")).map((each) => walk(each, `${name}/`)));
  return found.flat();
}

/**
 * Leave the outermost folder's name away where all share it.
 * @param {Lent[]} files
 * @returns {Lent[]}
 */
function tidy(files) {
  const first = files[0]?.name.split("/")[0];
  if (files.every((each) => each.name.startsWith(`${first}/`))) {
    return files.map((each) => ({ name: each.name.slice((first?.length ?? 0) + 1), file: each.file, whole: each.name }));
  }
  return files;
}
