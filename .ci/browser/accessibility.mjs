// axe-core on every page, and two checks that it lacks: exactly one h1, nothing wider than the screen.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";

import { WIDTHS } from "./world.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export function accessibility(world) {
  for (const width of Object.keys(WIDTHS)) {
    // A private instance differs in the frame of its pages, which two ways show.
    for (const dark of world.isPrivate ? [width === "desktop"] : [false, true]) {
      test(`axe finds nothing in any page, ${width}, ${dark ? "dark" : "light"}`, async () => {
        const found = [];
        await world.visit({ width, dark }, async (page) => {
          for (const [name, path] of Object.entries(await world.addresses())) {
            await page.goto(path);
            found.push(...(await problemsOf(page)).map((problem) => `${name} ${path}: ${problem}`));
          }
        });
        assert.deepEqual(found, []);
      });
    }
  }

  describe("axe", () => {
    test("reports problems", async () => {
      await world.visit({}, async (page) => {
        await page.goto("/");
        await page.evaluate(() => { document.querySelector(".rows").role = "button"; });
        assert.match((await problemsOf(page)).join(), /nested-interactive/);
      });
    });

    // Those of a page are reported once.
    for (const script of world.isPrivate ? [] : [true, false]) {
      test(`reports problems of pages that a story leaves, ${script ? "with" : "without"} a script`, () =>
        assert.rejects(
          world.visit({ script }, async (page) => {
            await page.goto(`${world.accounts}/account/sign-in`);
            await page.evaluate(() => document.querySelector("main h1").remove());
            await page.goto(`${world.accounts}/`);
          }),
          /axe: .*\/account\/sign-in: 0 h1 headings/,
        ));
    }
  });
}

export async function problemsOf(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async (tags) => {
    const options = { runOnly: tags, rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] };
    const { violations } = await globalThis.axe.run(document, options);
    const found = violations.map((it) => `${it.id}: ${it.help}: ${it.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} (${node.failureSummary.replaceAll(/\s+/g, " ")})`).join(" | ")}`);
    const headings = document.querySelectorAll("h1").length;
    if (headings !== 1) found.push(`${headings} h1 headings`);
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`${root.scrollWidth} px wide on a screen of ${root.clientWidth}`);
    return found;
  }, TAGS);
  return found;
}
