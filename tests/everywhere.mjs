// Runs a Python file in Pyodide: node everywhere.mjs PYODIDE_DIR ROOT FILE
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
const [folder, root, file] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const pyodide = await loadPyodide({ indexURL: folder, stdout: () => {} });
await pyodide.loadPackage("numpy", { messageCallback: () => {} });
pyodide.FS.mkdir("/root_of_course");
pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root }, "/root_of_course");
pyodide.runPython("import sys; sys.path.insert(0, '/root_of_course')");
console.log(pyodide.runPython(readFileSync(file, "utf8")));
