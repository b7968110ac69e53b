// Opens the dashboard as people use it, in Debian's Chromium, against a server of its own (`tests/src/site.rs`).
//
//     node .ci/browser/main.mjs [--only WORD] [--screenshots DIR [--hostile]]
//
// With --screenshots nothing is tested: a picture of every page in both themes and widths is left in DIR, those of the
// hostile vendor if asked for. SITE names a server that is built already, CHROMIUM another browser.
import { after, before, describe } from "node:test";
import { parseArgs } from "node:util";

import { accessibility } from "./accessibility.mjs";
import { screenshots } from "./screenshots.mjs";
import { security } from "./security.mjs";
import { stories } from "./stories.mjs";
import { World } from "./world.mjs";

const { values: asked } = parseArgs({ options: { only: { type: "string", default: "" }, screenshots: { type: "string" }, hostile: { type: "boolean" } } });
const world = new World(!asked.screenshots || asked.hostile);

describe("the dashboard", { concurrency: 2 }, () => {
  before(() => world.start());
  after(() => world.stop());
  if (asked.screenshots) return screenshots(world, asked.screenshots);
  for (const suite of [stories, security, accessibility]) if (suite.name.includes(asked.only)) suite(world);
});
