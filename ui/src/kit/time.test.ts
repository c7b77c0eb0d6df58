import { describe, expect, test } from "vitest";
import { counted, day, daysUntil, relative, timeOfDay, timeWithSeconds } from "./time";

const now = Date.parse("2026-11-21T10:42:07Z");
const at = (offset: number) => new Date(now + offset).toISOString();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("relative", () => {
	test.each([
		[0, "now"],
		[-59_000, "now"],
		[-2 * MINUTE, "2 min ago"],
		[-HOUR, "1 h ago"],
		[-23 * HOUR, "23 h ago"],
		[-DAY, "yesterday"],
		[-9 * DAY, "9 days ago"],
		[DAY, "tomorrow"],
		[61 * DAY, "in 61 days"],
		[1_284 * DAY, "in 1,284 days"],
	])("%i ms is %s", (offset, words) => {
		expect(relative(at(offset), now)).toBe(words);
	});
});

test("times of today carry no day, others do", () => {
	expect(timeOfDay(at(-2 * MINUTE), now)).toBe("10:40");
	expect(timeOfDay(at(-DAY), now)).toBe("20 November, 10:42");
	expect(timeWithSeconds(at(0), now)).toBe("10:42:07");
});

test("days carry the year when it is another one", () => {
	expect(day(at(23 * DAY), now)).toBe("14 December");
	expect(day(at(61 * DAY), now)).toBe("21 January 2027");
});

test("days until count begun days as whole", () => {
	expect(daysUntil(at(4 * DAY + HOUR), now)).toBe(5);
	expect(daysUntil(at(-DAY), now)).toBe(-1);
});

test("counts have separators and agree with their noun", () => {
	expect(counted(1, "key")).toBe("1 key");
	expect(counted(1_284, "key")).toBe("1,284 keys");
});
