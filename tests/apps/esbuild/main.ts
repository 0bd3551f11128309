import { Circle, Square, type Shape } from "./shapes";
import { total, unusedHelper } from "./sum";
import settings from "./settings.json";
import "./style.css";
import { App } from "./view";

enum Mode { Quiet, Loud = 10, Other }

const shapes: Shape[] = [new Circle(settings.radius), new Square(3)];

async function report(mode: Mode = Mode.Loud): Promise<string> {
    const { sum, ...rest } = total(shapes.map((s) => s.area?.() ?? 0));
    await Promise.resolve();
    for await (const name of names()) console.log(name, rest);
    return `${Mode[mode]}: ${sum.toFixed(2)} ${App({ title: settings.title })}`;
}

async function* names() {
    for (const shape of shapes) yield shape.name;
}

const lazy = () => import("./lazy");
report().then(console.log).finally(async () => (await lazy()).default(2n ** 64n));
