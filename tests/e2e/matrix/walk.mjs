// Lies in an installed surface and goes through what is needed as Node.js finds it: from the surface, from each package
// that was found, and so on. Its word is a JSON document: what the surface needs, and each package with what its module
// says and what it needs. Prints what is wrong, and where each package lies.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const plan = JSON.parse(process.argv[2]);
const wrong = [];
const places = {};
const seen = new Set();

// The folder of the package whose file this is.
function home(file) {
  let dir = dirname(file);
  while (!existsSync(join(dir, "package.json"))) dir = dirname(dir);
  return dir;
}

function visit(dir, who, needs) {
  const require = createRequire(join(dir, "package.json"));
  for (const [key, name] of Object.entries(needs)) {
    let file;
    try {
      file = require.resolve(key);
    } catch {
      wrong.push(`${who} > ${key}: missing`);
      continue;
    }
    const at = home(file);
    const says = require(key);
    const should = plan.packages[name].says;
    if (says !== should) wrong.push(`${who} > ${key}: says ${says}, not ${should}`);
    const manifest = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
    if (manifest.name !== name) wrong.push(`${who} > ${key}: is ${manifest.name}, not ${name}`);
    if (seen.has(at)) continue;
    seen.add(at);
    (places[name] ??= []).push(at);
    visit(at, name, plan.packages[name].needs);
  }
}

visit(process.cwd(), "the surface", plan.needs);
for (const [key, name] of Object.entries(plan.needs)) {
  const imported = await import(key).catch(() => ({ default: "nothing" }));
  const should = plan.packages[name].says;
  if (imported.default !== should) wrong.push(`import ${key}: ${imported.default}, not ${should}`);
}
// Third-party packages, each by the way to it.
for (const [way, version] of plan.third) {
  let require = createRequire(join(process.cwd(), "package.json"));
  try {
    for (const key of way.slice(0, -1)) require = createRequire(require.resolve(key));
    const says = require(way.at(-1));
    if (says !== version) wrong.push(`${way.join(" > ")}: is ${says}, not ${version}`);
  } catch (error) {
    wrong.push(`${way.join(" > ")}: ${error.code}`);
  }
}
for (const key of plan.absent) {
  if (existsSync(join("node_modules", key))) wrong.push(`${key}: is there, and should not be`);
}
console.log(JSON.stringify({ wrong, places }));
