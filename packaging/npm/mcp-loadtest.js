#!/usr/bin/env node
// Starts the program of this platform and is, to whoever started this, that program: the same arguments and streams, the
// signals handed on, and the same end.

'use strict';

const { spawn } = require('node:child_process');

const name = `mcp-loadtest-${process.platform}-${process.arch}`;

function find() {
  try {
    return require.resolve(`${name}/bin/mcp-loadtest`);
  } catch {
    console.error(
      `error: the package ${name} is not installed: npm installs it beside this one where the platform is supported ` +
        '(linux and darwin on x64 and arm64), unless optional dependencies are left out (--omit=optional)',
    );
    process.exit(1);
  }
}

const program = find();
const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });

// A terminal sends Ctrl-C to both, and to hear it twice changes nothing for the program. Whoever sends a signal to this
// process alone means the program, too.
const handOn = (signal) => child.kill(signal);
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const signal of signals) {
  process.on(signal, handOn);
}

child.on('error', (error) => {
  console.error(`error: failed to start ${program}: ${error.message}`);
  process.exit(1);
});

child.on('exit', (code, signal) => {
  if (signal === null) {
    process.exit(code);
  }
  for (const it of signals) {
    process.off(it, handOn);
  }
  process.kill(process.pid, signal);
});
