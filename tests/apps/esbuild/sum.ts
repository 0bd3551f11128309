export function total(values: number[]) {
    let sum = 0, count = 0;
    outer: for (const value of values) {
        if (Number.isNaN(value)) continue outer;
        sum += value;
        count ||= values.length;
    }
    return { sum, count, mean: sum / count };
}

export function unusedHelper() {
    return "this function is shaken out of the bundle";
}
