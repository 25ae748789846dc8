// The hub's own command line, for drivers that need a token or a Drop Zone of their own.
import { spawnSync } from 'node:child_process';
import { hub } from './checks.mjs';

const program = process.env.WATCHKEEP_PROGRAM;
const data = process.env.WATCHKEEP_DATA;
if (!program || !data) {
  console.error('WATCHKEEP_PROGRAM and WATCHKEEP_DATA are not set; `cargo xtask test --all` sets them');
  process.exit(2);
}

/** Runs a command of the hub and gives what it printed; an error is thrown with its words. */
export function operate(...words) {
  const options = { encoding: 'utf8', env: { PATH: process.env.PATH }, timeout: 60_000 };
  const done = spawnSync(program, [...words, '--data', data], options);
  if (done.status !== 0) throw new Error(`watchkeep ${words.join(' ')} ended with ${done.status}: ${done.stderr}`);
  return done.stdout;
}

/** The same in the demo's tenant. */
export const watchkeep = (...words) => operate(...words, '--tenant', hub.tenant);

/** The same with `--json`. */
export const told = (...words) => JSON.parse(watchkeep(...words, '--json'));

/** A personal access token with these scopes, `read` or `read write`, of a person who may have one. */
export function token(scope) {
  const people = told('user', 'list').items;
  const able = people.find((one) => ['analyst', 'admin'].includes(one.role) && !one.disabled) ?? people[0];
  return watchkeep('token', 'create', '--user', able.email, '--scope', scope, '--name', `driver, ${scope}`).trim();
}
