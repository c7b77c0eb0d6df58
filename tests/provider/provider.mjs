// A certified OpenID provider on loopback, for stories. It gives a program ("robot") access tokens as JWT for the
// audience "keys". The port is given, or any; the first line it says is its URL. Its keys are new with every start.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const algorithm = process.argv[3] ?? "ES256";
const pair =
	algorithm === "ES256"
		? generateKeyPairSync("ec", { namedCurve: "P-256" })
		: generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...pair.privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: algorithm };

const server = createServer();
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
	const issuer = `http://127.0.0.1:${server.address().port}`;
	const provider = new Provider(issuer, {
		jwks: { keys: [key] },
		clients: [
			{
				client_id: "robot",
				client_secret: "a secret of this story alone",
				grant_types: ["client_credentials"],
				redirect_uris: [],
				response_types: [],
				id_token_signed_response_alg: algorithm,
			},
		],
		features: {
			devInteractions: { enabled: false },
			clientCredentials: { enabled: true },
			resourceIndicators: {
				enabled: true,
				getResourceServerInfo: () => ({
					scope: "",
					audience: "keys",
					accessTokenFormat: "jwt",
					accessTokenTTL: 300,
					jwt: { sign: { alg: algorithm } },
				}),
			},
		},
	});
	server.on("request", provider.callback());
	process.stdout.write(`${issuer}\n`);
});
