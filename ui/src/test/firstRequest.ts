// The first request with a key, as the fake core writes it: short stand-ins for what the core's own tests prove.
import type { FirstRequest, KeyRow, Language } from "../ipc/bindings";

const languages: [Language, string, string][] = [
	["curl", "curl", "sh"],
	["javascript", "JavaScript", "mjs"],
	["python", "Python", "py"],
	["ruby", "Ruby", "rb"],
];

export function firstRequestOf(row: KeyRow, secretHere: boolean): FirstRequest {
	const url = "https://keys.northwind.example";
	return {
		keyId: row.id,
		keyName: row.name,
		url,
		openapiUrl: `${url}/v1/openapi.json`,
		variable: "KEYSTEAD_KEY",
		secretHere,
		snippets: languages.map(([language, label, ending]) => ({
			language,
			label,
			sendFile: `first-request.${ending}`,
			send: `# sends $KEYSTEAD_KEY in ${label}\n`,
			runSend: `keystead run --key ${row.name}=KEYSTEAD_KEY -- ${language} first-request.${ending}`,
			verifyFile: `verify-key.${ending}`,
			verify: `# verifies in ${label}\n`,
			runVerify: `keystead run --key ${row.name}=KEYSTEAD_KEY -- ${language} verify-key.${ending}`,
		})),
		reasons: [
			{
				reason: "paused",
				meaning: "The key of this secret is paused.",
				remedy: "Resume the key, or ask who paused it.",
			},
		],
	};
}
