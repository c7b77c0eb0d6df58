// Times for people: relative first, the exact one on hover. Pure functions of two moments; the zone is the
// computer's own.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat("en-GB", {
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
});
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const counts = new Intl.NumberFormat("en-US");

/** "2 min ago", "in 61 days", "now". */
export function relative(moment: string, now: number): string {
	const distance = new Date(moment).getTime() - now;
	const size = Math.abs(distance);
	if (size < MINUTE) return "now";
	const say = (amount: string) => (distance > 0 ? `in ${amount}` : `${amount} ago`);
	if (size < HOUR) return say(`${Math.floor(size / MINUTE)} min`);
	if (size < DAY) return say(`${Math.floor(size / HOUR)} h`);
	const days = Math.round(size / DAY);
	if (days === 1) return distance > 0 ? "tomorrow" : "yesterday";
	return say(`${count(days)} days`);
}

/** "10:42" today, otherwise "12 March, 10:42". */
export function timeOfDay(moment: string, now: number): string {
	const date = new Date(moment);
	return date.toDateString() === new Date(now).toDateString()
		? clock.format(date)
		: `${day(moment, now)}, ${clock.format(date)}`;
}

/** "10:42:07" today, otherwise with the day. */
export function timeWithSeconds(moment: string, now: number): string {
	const date = new Date(moment);
	const time = clockWithSeconds.format(date);
	return date.toDateString() === new Date(now).toDateString() ? time : `${day(moment, now)}, ${time}`;
}

/** "14 December", with the year when it is another one. */
export function day(moment: string, now: number): string {
	const date = new Date(moment);
	return (date.getFullYear() === new Date(now).getFullYear() ? dayOfYear : dayAndYear).format(date);
}

/** "10:42", of milliseconds since the epoch. */
export function clockTime(moment: number): string {
	return clock.format(moment);
}

/** "14 Dec", of milliseconds since the epoch. */
export function dayAndMonth(moment: number): string {
	return shortDay.format(moment);
}

/** "Saturday 21 November 2026 at 10:42:07 CET". */
export function exact(moment: string): string {
	return whole.format(new Date(moment));
}

/** Whole days from now, rounded up; negative when past. */
export function daysUntil(moment: string, now: number): number {
	return Math.ceil((new Date(moment).getTime() - now) / DAY);
}

/** "1,284". */
export function count(amount: number): string {
	return counts.format(amount);
}

/** "1 key", "1,284 keys". */
export function counted(amount: number, one: string, many = `${one}s`): string {
	return `${count(amount)} ${amount === 1 ? one : many}`;
}
