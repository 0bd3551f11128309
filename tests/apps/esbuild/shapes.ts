export interface Shape {
    readonly name: string;
    area?(): number;
}

function named(target: any, _key: string) {
    target.decorated = true;
}

abstract class Base implements Shape {
    #id = Base.next++;
    static next = 1;
    abstract readonly name: string;
    get id() {
        return this.#id;
    }
}

export class Circle extends Base {
    name = "circle";
    constructor(private radius: number) {
        super();
    }
    area() {
        return Math.PI * this.radius ** 2;
    }
}

export class Square extends Base {
    name = "square";
    constructor(public side: number) {
        super();
    }
    area() {
        return this.side * this.side;
    }
}

export { named as decorator };
