// Folders of Python: sent as sources and small configuration, with their paths; never weights.

/** @typedef {import("./drops.js").Lent} Lent */

const SOURCE = /\.(py|json|ya?ml|toml|cfg|ini|txt)$/i;
const WEIGHTS = /\.(safetensors|pth?|ckpt|bin|gguf|onnx|h5|hdf5|npz|npy|msgpack|pt2|index\.json)$/i;
const LARGEST = 8_000_000;

/**
 * Whether what was given is a project of Python: no weights in it, or given as the model.
 * @param {Lent[]} files
 * @param {string} side
 * @returns {boolean}
 */
export function isProject(files, side) {
  return files.some((each) => /\.py$/i.test(each.name)) && (side === "t" || !files.some((each) => WEIGHTS.test(each.name)));
}

/**
 * The form that holds a project's sources.
 * @param {Lent[]} files
 * @returns {FormData}
 */
export function project(files) {
  const form = new FormData();
  for (const { name, file, whole } of files) {
    if (SOURCE.test(name) && file.size <= LARGEST && !/(^|\/)(\.git|__pycache__|node_modules|\.?venv)\//.test(name)) {
      form.append("files", file, whole ?? name);
    }
  }
  return form;
}
