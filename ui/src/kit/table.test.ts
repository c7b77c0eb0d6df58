import { expect, test } from "vitest";
import { visibleRows, walked } from "./table";

test("only the rows near the window are drawn, whatever the length", () => {
	expect(visibleRows(0, 720, 100_000)).toEqual([0, 28]);
	expect(visibleRows(36 * 50_000, 720, 100_000)).toEqual([49_992, 50_028]);
	expect(visibleRows(0, 720, 3)).toEqual([0, 3]);
	expect(visibleRows(36 * 90, 720, 3)).toEqual([3, 3]);
});

test("walking stops at the ends", () => {
	expect(walked("ArrowDown", -1, 10, 5)).toBe(0);
	expect(walked("ArrowDown", 9, 10, 5)).toBe(9);
	expect(walked("ArrowUp", 0, 10, 5)).toBe(0);
	expect(walked("PageDown", 2, 10, 5)).toBe(7);
	expect(walked("PageUp", 2, 10, 5)).toBe(0);
	expect(walked("Home", 7, 10, 5)).toBe(0);
	expect(walked("End", 0, 10, 5)).toBe(9);
	expect(walked("a", 0, 10, 5)).toBeNull();
});
