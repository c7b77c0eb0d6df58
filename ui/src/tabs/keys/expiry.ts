// When a key is to stop working, as it is chosen: never, after some days, or at the end of a day.
const DAY_MS = 86_400_000;

export const expiryOptions = [
	{ value: "never", label: "Never" },
	{ value: "30", label: "30 days" },
	{ value: "90", label: "90 days" },
	{ value: "365", label: "1 year" },
	{ value: "date", label: "Date" },
] as const;

/** `date` is a day as a date field holds it, or empty; it counts only when a day is chosen. */
export type Expiry = { choice: (typeof expiryOptions)[number]["value"]; date: string };

function endOf(date: string): Date {
	return new Date(`${date}T23:59:59`);
}

/** What is wrong with it, or null. */
export function expiryProblem({ choice, date }: Expiry, now: number): string | null {
	if (choice !== "date") return null;
	const end = endOf(date).getTime();
	if (Number.isNaN(end)) return "Choose a day, or choose Never.";
	return end < now ? "This day is over. Choose today or a later day." : null;
}

/** The moment it means; null is never. */
export function expiresAt({ choice, date }: Expiry, now: number): string | null {
	if (choice === "never") return null;
	return (choice === "date" ? endOf(date) : new Date(now + Number(choice) * DAY_MS)).toISOString();
}

/** The day of a moment, as a date field holds it. */
export function dateOf(now: number): string {
	const moment = new Date(now);
	return [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()]
		.map((part) => String(part).padStart(2, "0"))
		.join("-");
}
