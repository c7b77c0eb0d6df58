// The import of keys of another system, as the fake core carries it out: rows are read by the tests' own words.
import type {
	ImportCounts,
	ImportOutcome,
	ImportPreview,
	ImportReport,
	ImportRowView,
} from "../ipc/bindings";

export function importRow(line: number, name: string, outcome: ImportOutcome = "imported"): ImportRowView {
	return {
		line,
		name,
		prefix: "sk_live_",
		lastFour: "81Mn",
		expiresAt: null,
		outcome,
		keyId: null,
		problem: null,
		problems: [],
	};
}

export function refusedRow(line: number, name: string, message: string): ImportRowView {
	return { ...importRow(line, name, "refused"), problems: [{ column: "hash", message }] };
}

function counts(rows: ImportRowView[]): ImportCounts {
	const of = (outcome: ImportOutcome) => rows.filter((row) => row.outcome === outcome).length;
	return { imported: of("imported"), known: of("known"), refused: of("refused") };
}

export class FakeImports {
	/** What the person will choose in the system's dialog. */
	chosen: string | null = "/home/mara/keys.csv";
	/** What the file holds. */
	rows: ImportRowView[] = [importRow(2, "billing"), importRow(3, "search"), importRow(4, "ci", "known")];
	ignored: string[] = [];
	unasked: string | null = null;
	/** How many rows the server has answered when it ends, and why; all of them without. */
	ends: { after: number; why: string | null } | null = null;

	preview(path: string): ImportPreview {
		const { rows, ignored, unasked } = this;
		return { file: path.split("/").at(-1) ?? "", rows, counts: counts(rows), ignored, unasked };
	}

	start(): ImportReport {
		const good = this.rows.filter((row) => row.outcome === "imported");
		const answered = good.slice(0, this.ends?.after ?? good.length);
		const left = good.length - answered.length;
		const before = counts(this.rows);
		this.rows = this.rows.map((row) => (answered.includes(row) ? { ...row, outcome: "known" } : row));
		const stopped = this.ends?.why ?? null;
		this.ends = null;
		return {
			file: "keys.csv",
			counts: { ...before, imported: answered.length },
			left,
			cancelled: left > 0 && stopped === null,
			stopped,
			refused: this.rows.filter((row) => row.outcome === "refused"),
		};
	}
}
