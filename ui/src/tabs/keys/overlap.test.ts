import { expect, test } from "vitest";
import { overlapProblem, overlapSeconds } from "./overlap";

test.each([
	["0", "", "days", 0],
	["1", "", "days", 86_400],
	["90", "", "days", 7_776_000],
	["other", "36", "hours", 129_600],
	["other", " 5 ", "minutes", 300],
	["other", "99999999999", "days", 4_294_967_295],
] as const)("k7 %s %s %s are %i seconds", (choice, amount, unit, seconds) => {
	expect(overlapProblem({ choice, amount, unit })).toBeNull();
	expect(overlapSeconds({ choice, amount, unit })).toBe(seconds);
});

test.each(["", "soon", "-1", "1.5"])("k7 %j is no number of hours", (amount) => {
	expect(overlapProblem({ choice: "other", amount, unit: "hours" })).toBe("Write a whole number.");
});
