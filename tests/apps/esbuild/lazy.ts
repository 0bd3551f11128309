const table = new Map<string, RegExp>([["word", /\p{L}+/gu], ["number", /(?<digits>\d+)/]]);

export default function (big: bigint) {
    for (const [kind, pattern] of table) console.log(kind, pattern.source, String(big).match(pattern)?.length);
}
