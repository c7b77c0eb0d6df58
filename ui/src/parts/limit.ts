// A key's limit of requests a minute, as it is written in a form and as it is told. What may be one, the core says.
import { count } from "../kit/time";

/** As it is written in a form: nothing for no limit. */
export function limitText(limit: number | null): string {
	return limit === null ? "" : String(limit);
}

/** What was written in a form, or why it is no number. */
export function readLimit(text: string): { limit: number | null } | { problem: string } {
	const digits = text.replace(/[\s,]/g, "");
	if (digits === "") return { limit: null };
	return /^\d{1,9}$/.test(digits)
		? { limit: Number(digits) }
		: { problem: "Write a whole number of requests a minute, or nothing for no limit." };
}

/** Why what was written is no number. */
export function limitProblem(text: string): string | null {
	const read = readLimit(text);
	return "problem" in read ? read.problem : null;
}

export function limitWords(limit: number | null): string {
	if (limit === null) return "no limit";
	return limit === 1 ? "1 request a minute" : `${count(limit)} requests a minute`;
}
