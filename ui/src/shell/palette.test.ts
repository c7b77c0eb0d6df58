import Plus from "@lucide/svelte/icons/plus";
import { expect, test } from "vitest";
import { closest, ranked, type Entry } from "./palette";

function entry(label: string, keywords = ""): Entry {
	return { id: label, label, icon: Plus, keywords, act: () => {} };
}

const labels = (entries: Entry[]) => entries.map(({ label }) => label);

test("a beginning comes first, then begun words, then what contains it, then its letters in order", () => {
	const entries = [
		entry("Use the dark theme"),
		entry("Asynchronous"),
		entry("Show pending changes", "sync waiting"),
		entry("Force sync"),
		entry("Sync now"),
		entry("Say you need colors"),
	];
	expect(labels(ranked(entries, "sync").close)).toEqual([
		"Sync now",
		"Force sync",
		"Show pending changes",
		"Asynchronous",
	]);
	expect(labels(ranked(entries, "sync").loose)).toEqual(["Say you need colors"]);
});

test("an act that begins so is closer than a screen that has it within", () => {
	const [screens, acts] = [[entry("Wallets & credits")], [entry("Edit the open key")]];
	expect(closest(acts, "edit")).toBeLessThan(closest(screens, "edit"));
	expect(closest(screens, "cred")).toBeLessThan(closest(acts, "cred"));
});

test("equals stay in their order, and words may come in any", () => {
	const entries = [entry("Add a connection"), entry("Add a card"), entry("Manage connections")];
	expect(labels(ranked(entries, "add").close)).toEqual(["Add a connection", "Add a card"]);
	expect(labels(ranked(entries, "conn add").close)).toEqual(["Add a connection"]);
	expect(labels(ranked(entries, "").close)).toHaveLength(3);
});

test("one or two letters are too few to fit loosely", () => {
	expect(ranked([entry("Connections")], "cs")).toEqual({ close: [], loose: [] });
});
