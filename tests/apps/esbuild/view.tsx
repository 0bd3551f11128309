/** @jsx element */
function element(tag: string, attributes: Record<string, unknown> | null, ...children: string[]) {
    const list = Object.entries(attributes ?? {}).map(([key, value]) => ` ${key}="${value}"`);
    return `<${tag}${list.join("")}>${children.join("")}</${tag}>`;
}

export const App = ({ title }: { title: string }) => (
    <main class="app" {...{ id: "root" }}>
        <h1>{title} &amp; more</h1>
        <p>text {1 + 1}</p>
    </main>
);
