// How long two secrets of a key are to work side by side, as it is chosen. How long they may is the core's to say.
const DAY_SECONDS = 86_400;
const MOST_SECONDS = 4_294_967_295;

const days = [
	{ value: "1", label: "1 day" },
	{ value: "7", label: "7 days" },
	{ value: "30", label: "30 days" },
	{ value: "90", label: "90 days" },
	{ value: "other", label: "Other" },
] as const;

export const rotateOptions = [{ value: "0", label: "At once" }, ...days] as const;
export const extendOptions = days;

const units = { minutes: 60, hours: 3_600, days: DAY_SECONDS };

export const unitOptions = [
	{ value: "minutes", label: "Minutes" },
	{ value: "hours", label: "Hours" },
	{ value: "days", label: "Days" },
] as const;

/** `amount` is what was typed; it and the unit count only when another time is chosen. */
export type Overlap = {
	choice: (typeof rotateOptions)[number]["value"];
	amount: string;
	unit: keyof typeof units;
};

/** What is wrong with it, or null. */
export function overlapProblem({ choice, amount }: Overlap): string | null {
	return choice !== "other" || /^\d+$/.test(amount.trim()) ? null : "Write a whole number.";
}

/** In seconds. */
export function overlapSeconds({ choice, amount, unit }: Overlap): number {
	if (choice !== "other") return Number(choice) * DAY_SECONDS;
	return Math.min(Number(amount) * units[unit], MOST_SECONDS);
}
