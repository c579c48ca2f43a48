// A registry of npm on the loopback with the packages of a folder of tarballs, and nothing else: node registry.mjs FOLDER.
// Prints its URL; ends with its standard input.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** `package/package.json` of a tarball, which holds no longer names. */
function manifest(tarball) {
	const tar = gunzipSync(tarball);
	for (let at = 0; tar[at]; ) {
		const text = (from, length) => tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
		const size = parseInt(text(124, 12), 8);
		if (text(0, 100) === 'package/package.json') return JSON.parse(tar.toString('utf8', at + 512, at + 512 + size));
		at += 512 + Math.ceil(size / 512) * 512;
	}
	throw new Error('no package.json');
}

const folder = process.argv[2];
const packages = new Map();
for (const file of readdirSync(folder).filter((name) => name.startsWith('bytelyst-') && name.endsWith('.tgz'))) {
	const tarball = readFileSync(`${folder}/${file}`);
	const about = manifest(tarball);
	packages.set(about.name, { about, file, tarball });
}

const server = createServer((request, response) => {
	const path = decodeURIComponent(request.url.slice(1).split('?')[0]);
	const found = packages.get(path);
	const asked = [...packages.values()].find(({ file }) => path === `-/${file}`);
	if (asked) return response.end(asked.tarball);
	if (!found) return response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
	const { about, file, tarball } = found;
	const dist = {
		tarball: `http://${request.headers.host}/-/${file}`,
		shasum: createHash('sha1').update(tarball).digest('hex'),
		integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
	};
	const time = '2020-01-01T00:00:00.000Z';
	response.setHeader('content-type', 'application/json');
	response.end(JSON.stringify({
		name: about.name,
		'dist-tags': { latest: about.version },
		versions: { [about.version]: { ...about, dist } },
		time: { created: time, modified: time, [about.version]: time },
	}));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
process.stdin.resume().on('end', () => process.exit());
