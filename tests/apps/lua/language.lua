-- The language: closures, metatables, coroutines, goto, integers and floats, errors, varargs.
local function counter()
    local n = 0
    return function(step)
        n = n + (step or 1)
        return n
    end
end
local a, b = counter(), counter()
a() a(5) b(2)
print(a(), b(), select("#", nil, nil), select(-1, 1, 2, 3))

local Vector = {}
Vector.__index = Vector
function Vector.new(x, y) return setmetatable({x = x, y = y}, Vector) end
Vector.__add = function(p, q) return Vector.new(p.x + q.x, p.y + q.y) end
Vector.__eq = function(p, q) return p.x == q.x and p.y == q.y end
Vector.__lt = function(p, q) return p.x < q.x end
Vector.__tostring = function(p) return "(" .. p.x .. ", " .. p.y .. ")" end
Vector.__call = function(p, k) return p.x * k end
Vector.__len = function() return 2 end
Vector.__concat = function(p, q) return tostring(p) .. tostring(q) end
Vector.__close = function(p) print("closed", p) end
local v = Vector.new(1, 2) + Vector.new(3, 4.5)
print(v, v == Vector.new(4, 6.5), v < Vector.new(5, 0), v(10), #v, v .. "!")
do local scoped <close> = v end

local function walk(tree)
    if tree then
        walk(tree[1])
        coroutine.yield(tree[2])
        walk(tree[3])
    end
end
local tree = {{nil, 1, {nil, 2}}, 3, {{nil, 4}, 5, {nil, 6}}}
local seen = {}
for value in coroutine.wrap(function() walk(tree) end) do seen[#seen + 1] = value end
print(table.concat(seen, " "))
local co = coroutine.create(function(x)
    local y = coroutine.yield(x * 2)
    error({code = y})
end)
print(coroutine.resume(co, 21))
local ok, problem = coroutine.resume(co, 7)
print(ok, problem.code, coroutine.status(co))

print(7 // 2, -7 // 2, 7 % -3, -7 % 3, 7.5 // 2, 2 ^ 10, 10 / 2, 3 | 8, 5 ~ 1, ~0, 1 << 62, 1 << 64, -1 >> 60)
print(math.maxinteger + 1 == math.mininteger, math.type(1), math.type(1.0), 1 == 1.0, math.tointeger(3.0))
print(1e15, 1e16, 0.1, -0.0, 1 / 0, -1 / 0, 2 ^ 53, 100 // 1e-320 > 0, 5 // 0.0, math.ult(1, -1))
print(pcall(function() return 1 // 0 end))
print(pcall(function() return {} + 1 end))
print(select(2, pcall(error, "plain", 0)), xpcall(function() error("x", 0) end, function(m) return m .. "!" end))
print(string.format("%5d|%-5s|%05.1f|%x|%q|%g|%a|%i", 42, "ab", 3.14159, 255, "a\n\"b\"", 1e20, 1.0, -3))

for i = 1, 3 do
    for j = 1, 3 do
        if j == 2 then goto continue end
        io.write(i, ":", j, " ")
        ::continue::
    end
end
print()
local function variadic(...)
    local packed = table.pack(...)
    return packed.n, table.unpack(packed, 2, 3)
end
print(variadic("a", "b", "c", nil))
print(load("local x <const> = 5; return x * ...", "chunk", "t")(8))
print(#"\u{20AC}", utf8.char(72, 8364, 128512), utf8.len("aé€"), utf8.codepoint("€", 1))
for position, code in utf8.codes("é€") do io.write(position, "=", code, " ") end
print(os.time({year = 2020, month = 1, day = 1, hour = 12}) - os.time({year = 2019, month = 12, day = 31, hour = 12}))
print(os.date("!%Y-%m-%d %H:%M:%S", 1700000000), os.getenv("NOT_SET_AT_ALL"), type(os.clock()))
print(string.pack("<i4z", 100, "hi"):byte(1, -1))
print(string.unpack("<d", string.pack("<d", -2.5)))
collectgarbage()
local weak = setmetatable({}, {__mode = "k"})
weak[{}] = 1
collectgarbage()
print(next(weak), collectgarbage("count") > 10)
