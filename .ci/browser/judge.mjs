// axe on every page that somebody goes through: each is judged before it is left, as it then is, and the last at the end.
import { problemsOf } from "./accessibility.mjs";

/** What leaves a page. Chromium runs nothing in a page whose next one is on its way. */
const LEAVING = { page: ["goto", "reload", "goBack"], locator: ["click", "press"] };

/** What was judged. Pages that differ only in words with digits, such as ids, are judged once in each way. */
const judged = new Set();
/** By page. */
const judges = new WeakMap();

/** Judges the pages below `base`. Returns a function that judges the present one, and returns all that was found. */
export async function judgeAll(page, base, { width, dark, script }) {
  const found = [];
  const session = script ? undefined : await page.context().newCDPSession(page);
  const judge = async () => {
    if (!page.url().startsWith(`${base}/`)) return;
    const shape = (await page.locator("body").innerHTML()).replaceAll(/[\w%.@-]*\d[\w%.@-]*/g, "#");
    const key = `${width} ${dark} ${script} ${shape}`;
    if (judged.has(key)) return;
    judged.add(key);
    const problems = await (script ? problemsOf(page) : withTimers(session, () => problemsOf(page)));
    found.push(...problems.map((problem) => `axe: ${page.url()}: ${problem}`));
  };
  judges.set(page, judge);
  before(page, LEAVING.page, () => page);
  const { prototype } = page.locator("body").constructor;
  if (!Object.hasOwn(prototype, "isJudged")) {
    before(prototype, LEAVING.locator, (locator) => locator.page());
    prototype.isJudged = true;
  }
  return async () => {
    await judge();
    return found;
  };
}

/** Judges the page of an object before each of these methods of it. */
function before(owner, methods, pageOf) {
  for (const method of methods) {
    const original = owner[method];
    owner[method] = async function (...args) {
      await judges.get(pageOf(this))?.();
      return original.apply(this, args);
    };
  }
}

/** axe needs timers, which a page without a script has not. The page's own script stays unread. */
async function withTimers(session, judge) {
  // A session passes on only what changes, and knows nothing of what another session has set.
  await session.send("Emulation.setScriptExecutionDisabled", { value: true });
  await session.send("Emulation.setScriptExecutionDisabled", { value: false });
  try {
    return await judge();
  } finally {
    await session.send("Emulation.setScriptExecutionDisabled", { value: true });
  }
}
