// Tests the site in Debian's Chromium, against a server of its own (`tests/src/site.rs`), open and as a private instance.
//
//     node .ci/browser/main.mjs [--only WORD] [--screenshots DIR [--hostile]]
//
// With --screenshots nothing is tested: DIR gets a picture of every page in both themes and widths, including those of
// the hostile provider with --hostile. SITE is the path of a server binary, CHROMIUM that of another browser.
import { after, before, describe } from "node:test";
import { parseArgs } from "node:util";

import { accountSecurity } from "./account_security.mjs";
import { accounts } from "./accounts.mjs";
import { alerts } from "./alerts.mjs";
import { accessibility } from "./accessibility.mjs";
import { boards } from "./boards.mjs";
import { firstAlert } from "./first_alert.mjs";
import { openid } from "./openid.mjs";
import { rarePages } from "./rare_pages.mjs";
import { screenshots } from "./screenshots.mjs";
import { security } from "./security.mjs";
import { stories } from "./stories.mjs";
import { tokens } from "./tokens.mjs";
import { watching } from "./watching.mjs";
import { World } from "./world.mjs";

const { values: options } = parseArgs({ options: { only: { type: "string", default: "" }, screenshots: { type: "string" }, hostile: { type: "boolean" } } });
const world = new World(!options.screenshots || options.hostile);

describe("the dashboard", { concurrency: 2 }, () => {
  before(() => world.start());
  after(() => world.stop());
  if (options.screenshots) return screenshots(world, options.screenshots);
  const isWanted = (suite) => suite.name.includes(options.only);
  [firstAlert, stories, accounts, boards, openid, tokens, alerts, rarePages, watching, security, accountSecurity, accessibility].filter(isWanted).forEach((suite) => suite(world));
  describe("of a private instance", { concurrency: 2 }, () => {
    [stories, accessibility].filter(isWanted).forEach((suite) => suite(world.privately()));
  });
});
