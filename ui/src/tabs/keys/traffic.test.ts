import { expect, test } from "vitest";
import { span, spanWords, trafficOf } from "./traffic";

const now = Date.parse("2026-11-21T10:42:07Z");
const HOUR = 3_600_000;
const began = (hours: number) => new Date(now - hours * HOUR).toISOString();

test("k7 the chart begins with the rotation, looks back a day at least and seven at the most", () => {
	expect(span(began(0), now)).toEqual({ hours: 24, grain: "hour" });
	expect(span(began(30), now)).toEqual({ hours: 48, grain: "hour" });
	expect(span(began(900), now)).toEqual({ hours: 155, grain: "day" });
	expect([0, 30, 900].map((hours) => spanWords(span(began(hours), now)))).toEqual([
		"24 hours",
		"48 hours",
		"7 days",
	]);
});

const usage = {
	from: "2026-11-20T22:00:00Z",
	until: "2026-11-21T01:10:00Z",
	hours: [
		{ secretId: "old", hour: "2026-11-20T22:00:00Z", uses: 4 },
		{ secretId: "old", hour: "2026-11-20T23:00:00Z", uses: 2 },
		{ secretId: "new", hour: "2026-11-21T01:00:00Z", uses: 7 },
		{ secretId: "gone", hour: "2026-11-21T01:00:00Z", uses: 9 },
	],
};

test("k7 hours without a use are there, and a secret that is not looked at is not", () => {
	const { moments, values } = trafficOf(usage, ["old", "new"], "hour");
	expect(moments.map((moment) => new Date(moment).toISOString().slice(11, 16))).toEqual([
		"22:00",
		"23:00",
		"00:00",
		"01:00",
	]);
	expect(values).toEqual([
		[4, 2, 0, 0],
		[0, 0, 0, 7],
	]);
});

test("k7 days add their hours up", () => {
	const { moments, values } = trafficOf(usage, ["old", "new"], "day");
	expect(moments.map((moment) => new Date(moment).toISOString())).toEqual([
		"2026-11-20T00:00:00.000Z",
		"2026-11-21T00:00:00.000Z",
	]);
	expect(values).toEqual([
		[6, 0],
		[0, 7],
	]);
});
