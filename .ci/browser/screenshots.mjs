// Pictures of every page in both themes and widths.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Member, pages } from "./alerts.mjs";
import { somebody } from "./people.mjs";
import { watched } from "./watching.mjs";
import { WIDTHS } from "./world.mjs";

export function screenshots(world, folder) {
  mkdirSync(folder, { recursive: true });
  test("screenshots of alerts", async () => {
    for (const width of Object.keys(WIDTHS)) {
      for (const dark of [false, true]) {
        await world.visit({ width, dark }, async (page) => {
          const member = new Member(world, page, `${width}-${dark ? "dark" : "light"}@example.com`);
          await member.signIn();
          for (const [number, path] of (await pages(member, page)).entries()) {
            await member.open(path);
            const file = join(folder, `alerts-${number}-${width}-${dark ? "dark" : "light"}.png`);
            await page.screenshot({ path: file, fullPage: true });
          }
        });
      }
    }
  });

  test("screenshots of watching", async () => {
    for (const width of Object.keys(WIDTHS)) {
      for (const dark of [false, true]) {
        await world.visit({ width, dark }, async (page) => {
          for (const [name, path] of await watched(world, page, somebody("picture"))) {
            await page.goto(world.accounts + path);
            const file = join(folder, `watch-${name}-${width}-${dark ? "dark" : "light"}.png`);
            await page.screenshot({ path: file, fullPage: true });
          }
        });
      }
    }
  });

  test("screenshots", async () => {
    const affected = ["europe-api", "europe-queues"];
    const title = "Slow requests in Europe";
    await world.post("acme", "now", "investigating", "Requests to the API in Europe are slow.", affected, "partial_outage", title);
    await world.post("acme", "now", "identified", "A queue is overloaded; we are adding capacity.", affected, "partial_outage", title);
    await world.shows("/", title);
    for (const [name, path] of Object.entries({ ...(await world.addresses()), "incident-open": "/incidents/acme/now" })) {
      for (const width of Object.keys(WIDTHS)) {
        for (const dark of [false, true]) {
          await world.visit({ width, dark }, async (page) => {
            await page.goto(path);
            await page.screenshot({ path: join(folder, `${name}-${width}-${dark ? "dark" : "light"}.png`) });
          });
        }
      }
    }
  });
}
