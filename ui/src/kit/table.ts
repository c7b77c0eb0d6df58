// The measures and words of a table, apart from its markup.
export type Column = {
	id: string;
	label: string;
	/** A track of CSS grid. */
	width: string;
	align?: "start" | "end";
	/** Left out when the table has little room. */
	optional?: boolean;
};

/** Which rows are chosen, by their keys. The rows themselves stay with whoever answers for them. */
export type Choosing<Row> = {
	chosen: ReadonlySet<string>;
	/** Whether every row is. */
	all: boolean;
	/** What a row is called. */
	nameOf: (row: Row) => string;
	onall: () => void;
	/** One row, the other way around. */
	ontoggle: (row: Row, index: number) => void;
	/** From the row chosen last up to this one. */
	onrange: (index: number) => void;
};

export type Sort = { by: string; descending: boolean };

export const ROW_HEIGHT = 36;
const OVERSCAN = 8;

/** Which rows to draw: first included, last excluded. All rows are equally tall, so this is one division. */
export function visibleRows(scrollTop: number, height: number, total: number): [number, number] {
	const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - OVERSCAN);
	const last = Math.min(total, Math.ceil((scrollTop + height) / ROW_HEIGHT) + OVERSCAN);
	return [Math.min(first, last), last];
}

/** Where a key of the keyboard takes the cursor, or null when it is not a walking key. */
export function walked(key: string, cursor: number, total: number, page: number): number | null {
	const clamp = (index: number) => Math.max(0, Math.min(total - 1, index));
	switch (key) {
		case "ArrowDown":
			return clamp(cursor + 1);
		case "ArrowUp":
			return clamp(cursor - 1);
		case "PageDown":
			return clamp(cursor + page);
		case "PageUp":
			return clamp(cursor - page);
		case "Home":
			return 0;
		case "End":
			return clamp(total - 1);
		default:
			return null;
	}
}
