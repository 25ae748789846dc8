// The baseline finds what it must find.
import { Baseline } from './baseline.mjs';

const WHY = 'a reason that is long enough';
const check = (id, status = 'SUCCESS') => ({ id, status, errorMessage: status === 'FAILURE' ? 'broken' : undefined });
const good = [check('one'), check('two')];
const bad = [check('one'), check('two', 'FAILURE')];

let failed = false;
function expect(name, got, start) {
  const right = got.startsWith(start);
  failed ||= !right;
  console.log(right ? `ok ${name}` : `not ok ${name}: ${got}`);
}

const empty = () => new Baseline({});
expect('a scenario that passes', empty().judge('r', 's', good), 'ok r s');
expect('a new failure', empty().judge('r', 's', bad), 'not ok r s: two: broken');
expect('a scenario without a successful check is not counted', empty().judge('r', 's', [check('x', 'INFO')]), '#');

const absent = () => new Baseline({ absent: { s: WHY } });
expect('an absent scenario', absent().judge('r', 's', bad), '# absent');
expect('an absent scenario that passes', absent().judge('r', 's', good), 'not ok r s: it passes');
expect('an absent scenario that nobody asks for', absent().stale().join(), 'not ok baseline: nothing asks for s');

const hollow = () => new Baseline({ hollow: { s: WHY } });
expect('a hollow scenario is not counted', hollow().judge('r', 's', good), '# hollow');
expect('a hollow scenario that fails', hollow().judge('r', 's', bad), 'not ok r s');

const failing = () => new Baseline({ failing: { 's/two': WHY } });
expect('an expected failure', failing().judge('r', 's', bad), 'ok r s (but for 1');
expect('an expected failure that passes', failing().judge('r', 's', good), 'not ok r s: it passes');
expect('an expected failure beside a new one', failing().judge('r', 's', [check('one', 'FAILURE'), bad[1]]), 'not ok r s: one');

const narrow = () => new Baseline({ failing: { 's/two@r': WHY } });
expect('an entry of one revision holds there', narrow().judge('r', 's', bad), 'ok');
expect('an entry of one revision holds nowhere else', narrow().judge('q', 's', bad), 'not ok');

let refused = 'it was taken';
try {
  new Baseline({ absent: { s: 'no' } });
} catch (error) {
  refused = error.message;
}
expect('an entry without a reason is refused', refused, 'the baseline does not say why s');
process.exit(failed ? 1 : 0);
