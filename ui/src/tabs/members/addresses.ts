/** The addresses in a text: with commas, semicolons, white space or "Name <address>" between them. */
export function addresses(text: string): string[] {
	return text
		.split(/[\n,;]+/u)
		.flatMap((part) => {
			const framed = /<([^<>]+)>/u.exec(part);
			return framed === null ? part.split(/\s+/u) : [framed[1] ?? ""];
		})
		.map((part) => part.trim())
		.filter((part) => part !== "");
}
