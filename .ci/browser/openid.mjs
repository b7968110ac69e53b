// What people do who sign in at a provider of OpenID Connect.
import assert from "node:assert/strict";
import { test } from "node:test";

import { problemsOf } from "./accessibility.mjs";
import { somebody } from "./people.mjs";
import { WIDTHS } from "./world.mjs";

export function openid(world) {
  const begin = async (page) => {
    await page.goto(`${world.accounts}/alerts`);
    await page.waitForURL(/\/account\/sign-in/);
    await page.getByRole("link", { name: "Sign in with Example" }).click();
    await page.waitForURL(`${world.openid.issuer}/login/*`);
  };
  const enter = async (page, address) => {
    await page.getByLabel("Who?").fill(address);
    await page.getByRole("button", { name: "Enter" }).click();
  };

  for (const width of Object.keys(WIDTHS)) {
    for (const script of [true, false]) {
      test(`somebody signs in where they have an account already, ${width}, ${script ? "with" : "without"} a script`, () =>
        world.visit({ width, script, elsewhere: world.openid.issuer }, async (page) => {
          const jo = somebody("jo");
          await begin(page);
          await enter(page, jo);
          await page.waitForURL(`${world.accounts}/alerts`);
          await page.goto(`${world.accounts}/account`);
          await page.getByRole("heading", { level: 1, name: jo }).waitFor();
          const cookies = await page.context().cookies(world.accounts);
          const own = cookies.map(({ name }) => name).filter((name) => name.startsWith("statuswire"));
          assert.deepEqual(own, ["statuswire-account"]);
        }));
    }

    test(`somebody whom the provider does not vouch for is told why, ${width}`, () =>
      world.visit({ width, elsewhere: world.openid.issuer }, async (page) => {
        await begin(page);
        assert.ok(page.url().startsWith(world.openid.issuer));
        await enter(page, somebody("unverified"));
        await page.getByRole("alert").getByText("Example does not say that it verified your email address.").waitFor();
        assert.deepEqual(await problemsOf(page), []);
        await page.getByRole("link", { name: "Sign in" }).click();
        await page.getByRole("link", { name: "Sign in with Example" }).waitFor();
        assert.deepEqual(await problemsOf(page), []);
      }));

    test(`somebody whom the provider turns away is told so, ${width}`, () =>
      world.visit({ width, elsewhere: world.openid.issuer }, async (page) => {
        await begin(page);
        await page.getByRole("button", { name: "Refuse" }).click();
        await page.getByRole("alert").getByText("Example did not sign you in: access_denied.").waitFor();
      }));
  }
}
