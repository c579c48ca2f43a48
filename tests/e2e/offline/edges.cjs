// Who sees which package under which name, as Node.js finds them from an installed surface: a line each.
const fs = require("node:fs");
const path = require("node:path");

const root = fs.realpathSync(process.argv[2]);
const [seen, edges] = [new Set(), new Set()];
const manifest = (dir) => JSON.parse(fs.readFileSync(path.join(dir, "package.json"), "utf8"));

function find(dir, key) {
  for (; dir.startsWith(root); dir = path.dirname(dir)) {
    const found = path.join(dir, "node_modules", key);
    if (path.basename(dir) !== "node_modules" && fs.existsSync(path.join(found, "package.json"))) {
      return fs.realpathSync(found);
    }
  }
}

function visit(dir, label) {
  if (seen.has(dir)) return;
  seen.add(dir);
  const { dependencies, optionalDependencies, peerDependencies } = manifest(dir);
  const all = { ...dependencies, ...optionalDependencies, ...peerDependencies };
  // What only `prepare` adds to the surface is no difference.
  const keys = label === "surface" ? process.argv.slice(3) : Object.keys(all);
  for (const key of keys) {
    const found = find(dir, key);
    // That of another system.
    if (!found && optionalDependencies?.[key]) continue;
    const { name, version } = found ? manifest(found) : {};
    edges.add(`${label} > ${key}: ${found ? `${name}@${version}` : "nothing"}`);
    if (found) visit(found, `${name}@${version}`);
  }
}

visit(root, "surface");
console.log([...edges].sort().join("\n"));
