import { expect, test } from "vitest";
import { dateOf, expiresAt, expiryProblem } from "./expiry";

const now = Date.parse("2026-11-21T10:42:07Z");

test.each([
	["never", "", null],
	["never", "2020-01-01", null],
	["30", "", "2026-12-21T10:42:07.000Z"],
	["date", "2026-11-21", "2026-11-21T23:59:59.000Z"],
] as const)("%s %s ends at %s", (choice, date, end) => {
	expect(expiryProblem({ choice, date }, now)).toBeNull();
	expect(expiresAt({ choice, date }, now)).toBe(end);
});

test("a day that is not chosen, or over, is refused and never taken for never", () => {
	expect(expiryProblem({ choice: "date", date: "" }, now)).toBe("Choose a day, or choose Never.");
	expect(expiryProblem({ choice: "date", date: "2026-11-20" }, now)).toBe(
		"This day is over. Choose today or a later day.",
	);
	expect(() => expiresAt({ choice: "date", date: "" }, now)).toThrow();
});

test("today is what a date field calls it", () => {
	expect(dateOf(now)).toBe("2026-11-21");
});
