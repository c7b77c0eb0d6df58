import { expect, test } from "vitest";
import { addresses } from "./addresses";

test("p7 addresses are found however they were pasted", () => {
	expect(addresses("a@x.org, b@x.org;c@x.org\n\n Dora Maar <d@x.org>\ne@x.org f@x.org")).toEqual([
		"a@x.org",
		"b@x.org",
		"c@x.org",
		"d@x.org",
		"e@x.org",
		"f@x.org",
	]);
	expect(addresses("  \n,")).toEqual([]);
});
