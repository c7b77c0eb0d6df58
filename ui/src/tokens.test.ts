// Colors need a renderer for axe; that words can be read on their ground is reckoned here (WCAG 2.2, 1.4.3).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync("src/tokens.css", "utf8");

function color(token: string, dark: boolean): string {
	const value = new RegExp(`--${token}: (?:light-dark\\((#\\w+), (#\\w+)\\)|(#\\w+));`).exec(css);
	const found = value?.[3] ?? value?.[dark ? 2 : 1];
	if (found === undefined) throw new Error(`no token ${token}`);
	return found;
}

function luminance(hex: string): number {
	const [red = 0, green = 0, blue = 0] = [1, 3, 5]
		.map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
		.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
	const [dim = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
	return (bright + 0.05) / (dim + 0.05);
}

const pairs = [
	["on-brass", "brass-fill"],
	["on-brass", "brass-fill-hover"],
	["on-bad", "bad-fill"],
	...["good", "warn", "bad", "calm"].map((tone) => [tone, `${tone}-wash`]),
	...["ink", "ink-2", "ink-3", "brass"].flatMap((ink) =>
		["paper", "raised", "sunken"].map((ground) => [ink, ground]),
	),
	["ink-2", "brass-wash"],
	["brass", "brass-wash"],
] as [string, string][];

test.each(pairs)("%s can be read on %s, light and dark", (words, ground) => {
	for (const dark of [false, true]) {
		expect(contrast(color(words, dark), color(ground, dark))).toBeGreaterThanOrEqual(4.5);
	}
});

test("the primary button is as heavy to the eye in the dark as in the light", () => {
	expect(css.match(/--primary-weight: \d+/g)).toEqual(
		[550, 650, 550, 650].map((w) => `--primary-weight: ${w}`),
	);
});
