// A provider of OpenID Connect: oidc-provider, as its makers ship it.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const CLIENT = "statuswire";
export const SECRET = "a secret of this suite alone";

/** A provider at a port of its own. Its form asks for an address and for nothing else. */
export class OpenIdProvider {
  async start() {
    this.server = createServer((request, response) => this.answer(request, response));
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.issuer = `http://127.0.0.1:${this.server.address().port}`;
  }

  /** Lets people in to the site at this URL. */
  knows(site) {
    const client = { client_id: CLIENT, client_secret: SECRET, redirect_uris: [`${site}/account/sign-in/openid/callback`] };
    this.provider = new Provider(this.issuer, {
      clients: [client],
      claims: { openid: ["sub"], email: ["email", "email_verified"] },
      cookies: { keys: ["of this suite"] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: !id.startsWith("unverified") }) }),
      // Nobody is asked whether the site may know the address.
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({ clientId: CLIENT, accountId: oidc.session.accountId });
        grant.addOIDCScope("openid email");
        await grant.save();
        return grant;
      },
    });
    this.callback = this.provider.callback();
  }

  async answer(request, response) {
    if (request.url === "/favicon.ico") return response.writeHead(204).end();
    if (!request.url.startsWith("/login/")) return this.callback(request, response);
    if (request.method === "GET") {
      response.setHeader("content-type", "text/html");
      response.end('<!doctype html><title>Provider</title><form method="post"><label>Who? <input name="who"></label><button>Enter</button><button name="no" value="1">Refuse</button></form>');
      return;
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = new URLSearchParams(Buffer.concat(parts).toString());
    const refused = { error: "access_denied" };
    await this.provider.interactionFinished(request, response, body.get("no") ? refused : { login: { accountId: body.get("who") } });
  }

  stop() {
    this.server?.close();
    this.server?.closeAllConnections();
  }
}
