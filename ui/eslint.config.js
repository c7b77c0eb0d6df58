import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

// The import law. Arrows point one way: kit knows nothing of ours; ipc only itself; state and parts stand on
// both; a tab stands on all of these and on no other tab; Tauri is behind ipc/.
const tauri = {
	regex: "^@tauri-apps/",
	message: "Only ipc/tauri.ts (and the generated bindings) may know Tauri.",
};
const ours = (allowed, message) => ({ regex: `^\\.\\./(?!(${allowed})(/|\\.|$))`, message });

function law(files, ...patterns) {
	return { files, rules: { "no-restricted-imports": ["error", { patterns: [tauri, ...patterns] }] } };
}

export default ts.config(
	{ ignores: ["dist", "dist-look", "src/ipc/bindings.ts"] },
	js.configs.recommended,
	...ts.configs.strict,
	...svelte.configs.recommended,
	...svelte.configs.prettier,
	{
		languageOptions: { globals: globals.browser },
		rules: {
			eqeqeq: ["error", "always", { null: "ignore" }],
			"no-console": "error",
			"svelte/no-at-html-tags": "error",
			// Collections in state are replaced whole, never changed in place.
			"svelte/prefer-svelte-reactivity": "off",
			"svelte/no-navigation-without-resolve": "off",
		},
	},
	{
		files: ["**/*.svelte", "**/*.svelte.ts"],
		languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
	},
	law(["src/**/*.{ts,svelte}"]),
	law(["src/kit/**"], ours("kit", "The kit knows nothing of ours.")),
	law(["src/ipc/**"], ours("ipc", "ipc/ stands alone.")),
	law(["src/state/**"], ours("kit|ipc|route|state", "state/ stands on kit, ipc and route.")),
	law(["src/parts/**"], ours("kit|ipc|route|state|parts", "parts/ stand on kit, ipc, route and state.")),
	law(
		["src/start/**"],
		ours("kit|ipc|route|state|parts", "start/ stands on kit, ipc, route, state and parts."),
	),
	law(
		["src/tabs/*/**"],
		{ regex: "^\\.\\./(?!\\.\\./)", message: "Tabs never import tabs." },
		{
			regex: "^\\.\\./\\.\\./(?!(kit|ipc|route|state|parts)(/|\\.|$))",
			message: "A tab stands on kit, ipc, route, state and parts.",
		},
	),
	{ files: ["src/ipc/tauri.ts", "src/test/**"], rules: { "no-restricted-imports": "off" } },
	{ files: ["*.{js,ts}"], languageOptions: { globals: globals.node } },
);
