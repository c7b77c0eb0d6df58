import { expect, test } from "vitest";
import { bytes } from "./bytes";

test.each([
	[0, "0 bytes"],
	[999, "999 bytes"],
	[4_130_000, "4.1 MB"],
	[120_000_000_000, "120 GB"],
	[5_000_000_000_000_000, "5000 TB"],
])("%i bytes are %s", (amount, words) => {
	expect(bytes(amount)).toBe(words);
});
