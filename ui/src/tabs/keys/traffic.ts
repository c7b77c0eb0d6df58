// The uses of a key's secrets put into hours or days that can be drawn: every one is there, also those without a use.
import type { SecretId, UsageView } from "../../ipc/bindings";

const HOUR = 3_600_000;
const DAYS_BEFORE = 6;
const HOURLY_UP_TO = 48;

export type Grain = "hour" | "day";

/** How far to look back: the last seven days, or since the rotation began where that is less, but a day at least. Days
 * are whole ones, up to today. */
export function span(beganAt: string, now: number): { hours: number; grain: Grain } {
	const since = Math.ceil((now - Date.parse(beganAt)) / HOUR);
	if (since <= 24) return { hours: 24, grain: "hour" };
	if (since <= HOURLY_UP_TO) return { hours: HOURLY_UP_TO, grain: "hour" };
	const first = new Date(startOf(now, "day"));
	return { hours: Math.ceil((now - first.setDate(first.getDate() - DAYS_BEFORE)) / HOUR), grain: "day" };
}

/** "24 hours", "7 days". */
export function spanWords({ hours, grain }: { hours: number; grain: Grain }): string {
	return grain === "hour" ? `${hours} hours` : `${DAYS_BEFORE + 1} days`;
}

function startOf(moment: number, grain: Grain): number {
	if (grain === "hour") return Math.floor(moment / HOUR) * HOUR;
	return new Date(moment).setHours(0, 0, 0, 0);
}

function next(moment: number, grain: Grain): number {
	if (grain === "hour") return moment + HOUR;
	const day = new Date(moment);
	// A day has 23 hours, 24 or 25.
	return day.setDate(day.getDate() + 1);
}

export type Traffic = { moments: number[]; values: number[][] };

/** One line for each of the secrets, in their order. */
export function trafficOf(
	usage: Pick<UsageView, "from" | "until" | "hours">,
	secrets: readonly SecretId[],
	grain: Grain,
): Traffic {
	const until = Date.parse(usage.until);
	const moments: number[] = [];
	for (let at = startOf(Date.parse(usage.from), grain); at <= until; at = next(at, grain)) moments.push(at);
	const places = new Map(moments.map((moment, index) => [moment, index]));
	const values = secrets.map(() => moments.map(() => 0));
	for (const { secretId, hour, uses } of usage.hours) {
		const line = values[secrets.indexOf(secretId)];
		const place = places.get(startOf(Date.parse(hour), grain));
		if (line !== undefined && place !== undefined) line[place] = (line[place] ?? 0) + uses;
	}
	return { moments, values };
}
