// Runs docker-prep's program for this system: what `docker-prep` beside this file does by sh, for Windows, for Yarn's
// Plug'n'Play, and for everything that sh cannot find. Says why where there is no program.
'use strict';

const fs = require('fs');
const path = require('path');
const { spawn } = require('child_process');

const NAME = '@bytelyst/docker-prep';
const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];
const { version, optionalDependencies = {} } = require('../package.json');
const isBundled = Object.keys(optionalDependencies).length === 0;

const args = process.argv.slice(2);
// From Node.js 22.15 on: the program takes the place of this process.
const becomes = process.platform !== 'win32' && typeof process.execve === 'function';
const own = `${process.platform}-${process.arch}`;
// Node.js that Rosetta runs says x64, and arm64 runs there too; Windows on arm64 runs x64.
const candidates = [own];
if (process.platform === 'darwin' || own === 'win32-arm64') {
	candidates.push(process.arch === 'arm64' ? `${process.platform}-x64` : `${process.platform}-arm64`);
}

const isFile = (file) => fs.existsSync(file) && fs.statSync(file).isFile();
const programOf = (platform) => (platform.startsWith('win32') ? 'docker-prep.exe' : 'docker-prep');

/** The program for a platform, in the bundled package or in a package of its own. */
function find(platform) {
	const bundled = path.join(__dirname, '..', 'platforms', platform, programOf(platform));
	if (isFile(bundled)) return bundled;
	try {
		const manifest = require.resolve(`${NAME}-${platform}/package.json`);
		const program = path.join(path.dirname(manifest), 'bin', programOf(platform));
		return isFile(program) ? program : undefined;
	} catch {
		return undefined;
	}
}

function fail(reason, ...steps) {
	const lines = [`docker-prep: ${reason}`, ...steps.map((step) => `  ${step}`)];
	fs.writeSync(2, `${lines.join('\n')}\n`);
	process.exit(5);
}

/** The nearest folder with a lockfile, from where this is installed, and from where it is called. */
function project() {
	const managers = [
		['pnpm-lock.yaml', 'pnpm'],
		['package-lock.json', 'npm'],
		['npm-shrinkwrap.json', 'npm'],
		['yarn.lock', 'yarn'],
		['bun.lock', 'bun'],
		['bun.lockb', 'bun'],
	];
	for (const start of [process.cwd(), __dirname]) {
		for (let folder = start; ; folder = path.dirname(folder)) {
			const found = managers.find(([lockfile]) => isFile(path.join(folder, lockfile)));
			if (found) return { lockfile: path.join(folder, found[0]), manager: found[1] };
			if (folder === path.dirname(folder)) break;
		}
	}
	return { manager: 'npm' };
}

/** Why there is no program, and what to type. */
function explain() {
	const { lockfile, manager } = project();
	const bundle = `docker-prep-${version}-bundled.tgz`;
	const add = { npm: 'npm install --save-dev', pnpm: 'pnpm add -D', yarn: 'yarn add -D', bun: 'bun add -d' }[manager];
	if (!PLATFORMS.includes(own) && own !== 'win32-arm64') {
		fail(
			`there is no program for ${own}, only for ${PLATFORMS.join(', ')}`,
			'build one from the sources (cargo install --locked --path .), and name it: DOCKER_PREP_BINARY=PATH',
		);
	}
	const others = PLATFORMS.filter((platform) => !candidates.includes(platform) && find(platform));
	if (isBundled) {
		fail(
			`this bundle has no program for ${own}, only for ${others.join(', ') || 'no system'}`,
			`take a ${bundle} that has it, or ${NAME} from a registry: ${add} ${NAME}@${version}`,
		);
	}
	const anew = {
		npm: 'npm ci --include=optional',
		pnpm: 'pnpm install --force',
		yarn: 'yarn install --force',
		bun: 'bun install --force',
	}[manager];
	if (others.length > 0) {
		fail(
			`the program that is installed is for ${others.join(', ')}, and this is ${own}`,
			`node_modules was made on, or for, another system; install it here: rm -rf node_modules && ${anew}`,
		);
	}
	const missing = `its program for this system, ${NAME}-${own}@${version}, is not installed`;
	const text = lockfile && !lockfile.endsWith('.lockb') ? fs.readFileSync(lockfile, 'utf8') : '';
	// An entry of its own: that of the main package names every system's program.
	const has = (platform) => [`node_modules/${NAME}-${platform}"`, `${NAME}-${platform}@`].some((key) => text.includes(key));
	if (text.includes(NAME) && !has(own)) {
		const name = path.basename(lockfile);
		if (PLATFORMS.some(has)) {
			fail(
				`${missing}: ${name} was made on another system, and names the programs of that one alone`,
				`make it anew: rm -rf node_modules ${name} && ${manager} install`,
			);
		}
		fail(
			`${missing}: ${name} names no program for any system, as where only the main package's tarball was taken`,
			`without a registry take ${bundle}, which holds them all: ${add} ./${bundle}`,
			`with one: ${add} ${NAME}@${version}`,
		);
	}
	fail(
		`${missing}: optional dependencies were left out (--omit=optional, --no-optional), or only the main package was taken`,
		`install them too: ${anew}`,
		`without a registry take ${bundle}, which holds every system's: ${add} ./${bundle}`,
	);
}

/** Becomes the program, or where Node.js cannot do that, waits for it and ends as it does. */
function run(program) {
	if (process.platform !== 'win32') {
		try {
			fs.accessSync(program, fs.constants.X_OK);
		} catch {
			fail(`${program}: may not be executed`, `chmod +x '${program}'`);
		}
		if (becomes) {
			// It is told as experimental, on stderr.
			process.emitWarning = () => {};
			process.execve(program, [program, ...args], process.env);
		}
	}
	// What a terminal's keys send has reached the program already, which is in the same group of processes.
	let hasTerminal = process.platform === 'win32';
	try {
		fs.closeSync(fs.openSync('/dev/tty', 'r'));
		hasTerminal = true;
	} catch {}
	const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', ...(process.platform === 'win32' ? [] : ['SIGQUIT'])];
	const isOfKeys = (signal) => hasTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT');
	let child;
	// From before the program runs: none may end this process and leave that behind.
	signals.forEach((signal) => process.on(signal, () => isOfKeys(signal) || child.kill(signal)));
	child = spawn(program, args, { stdio: 'inherit' });
	child.on('error', (error) => fail(`${program}: cannot be started: ${error.message}`, 'name another program: DOCKER_PREP_BINARY=PATH'));
	child.on('exit', (code, signal) => {
		if (!signal) process.exit(code);
		signals.forEach((name) => process.removeAllListeners(name));
		process.kill(process.pid, signal);
	});
}

/** A program that is named, as a shell would find it. */
function named(name) {
	if (/[\\/]/.test(name)) return isFile(name) ? path.resolve(name) : undefined;
	const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
	const folders = (process.env.PATH || '').split(path.delimiter).filter(Boolean);
	const files = folders.flatMap((folder) => endings.map((ending) => path.join(folder, name + ending)));
	return files.find(isFile);
}

const asked = process.env.DOCKER_PREP_BINARY;
if (asked) {
	const program = named(asked);
	if (!program) fail(`DOCKER_PREP_BINARY=${asked} is no program that can be run: correct it, or unset it`);
	const isOurs = path.dirname(fs.realpathSync(program)) === fs.realpathSync(__dirname);
	const callers = [`${process.pid}`, `parent ${process.ppid}`];
	if (isOurs || callers.includes(process.env.DOCKER_PREP_LAUNCHER)) {
		fail(`DOCKER_PREP_BINARY=${asked} starts this launcher again: name the program itself`);
	}
	process.env.DOCKER_PREP_LAUNCHER = becomes ? `${process.pid}` : `parent ${process.pid}`;
	run(program);
} else {
	const program = candidates.map(find).find(Boolean);
	if (program) run(program);
	else explain();
}
