// Two registries over one storage on the loopback: one that anybody may read, and one that wants to know who reads.
// Arguments: verdaccio's folder, the storage. Prints one line of JSON once both answer; ends, and takes the storage
// along, when its stdin ends, so that it cannot outlive the tests.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, storage] = process.argv.slice(2);
const { runServer } = await import(pathToFileURL(path.join(folder, 'build/index.mjs')));
const password = 'pass:word with ümlaut';

async function serve(access) {
	const config = path.join(storage, `${access.slice(1)}.yaml`);
	fs.writeFileSync(config, JSON.stringify({
		storage: path.join(storage, 'packages'),
		auth: { htpasswd: { file: path.join(storage, 'htpasswd'), max_users: 100, algorithm: 'bcrypt', rounds: 4 } },
		uplinks: {},
		packages: { '**': { access, publish: '$authenticated' } },
		web: { enable: false },
		log: { type: 'stdout', format: 'json', level: 'fatal' },
		self_path: storage,
	}));
	const server = await runServer(config);
	await new Promise((ready, failed) => server.once('error', failed).listen(0, '127.0.0.1', ready));
	return `http://127.0.0.1:${server.address().port}/`;
}

async function signUp(registry) {
	const answer = await fetch(`${registry}-/user/org.couchdb.user:ci`, {
		method: 'PUT',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ name: 'ci', password }),
	});
	if (answer.status !== 201) throw new Error(`sign up: ${answer.status} ${await answer.text()}`);
	return (await answer.json()).token;
}

const open = await serve('$all');
const closed = await serve('$authenticated');
const basic = Buffer.from(`ci:${password}`).toString('base64');
console.log(JSON.stringify({ open, closed, token: await signUp(closed), basic, password }));

process.stdin.on('end', () => {
	fs.rmSync(storage, { recursive: true, force: true });
	process.exit();
}).resume();
