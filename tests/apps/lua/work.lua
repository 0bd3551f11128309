-- Work: recursion, string building and patterns, sorting, tables as arrays and maps, floats, collection.
local scale = tonumber(arg and arg[1]) or 1

local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
print(fib(20 + scale))

local parts = {}
for i = 1, 3000 * scale do parts[#parts + 1] = ("%d-%s"):format(i, string.rep("x", i % 7)) end
local text = table.concat(parts, ",")
local count, digits = 0, 0
for number, xs in text:gmatch("(%d+)%-(x*)") do
    count = count + #xs
    digits = digits + #number
end
print(#text, count, digits, (text:gsub("x+", "")):len(), text:find("99-x", 1, true))

local seed = 42
local function random()
    seed = (seed * 6364136223846793005 + 1442695040888963407)
    return (seed >> 33)
end
local numbers = {}
for i = 1, 4000 * scale do numbers[i] = random() % 100000 end
table.sort(numbers)
local sum = 0
for i = 1, #numbers, 97 do sum = sum + numbers[i] * i end
print(sum, numbers[1] <= numbers[2])
table.sort(numbers, function(x, y) return x % 1000 > y % 1000 or (x % 1000 == y % 1000 and x < y) end)
print(numbers[1] % 1000 >= numbers[2] % 1000)

local words = {}
for i = 1, 5000 * scale do
    local key = "key" .. random() % 500
    words[key] = (words[key] or 0) + i % 10
end
local keys = {}
for key in pairs(words) do keys[#keys + 1] = key end
table.sort(keys)
local total = 0
for i, key in ipairs(keys) do total = total + words[key] * i end
print(#keys, total)

local x, y = 0.0, 1.0
for i = 1, 20000 * scale do
    x = x + math.sin(i) * y
    y = math.sqrt(y * 1.0001 + 0.5)
end
print(("%.6f %.6f"):format(x, y))

local function queens(n, row, columns, left, right)
    if row > n then return 1 end
    local found = 0
    for c = 1, n do
        if not (columns[c] or left[row + c] or right[row - c + n]) then
            columns[c], left[row + c], right[row - c + n] = true, true, true
            found = found + queens(n, row + 1, columns, left, right)
            columns[c], left[row + c], right[row - c + n] = nil, nil, nil
        end
    end
    return found
end
print(queens(7, 1, {}, {}, {}))
local list
for i = 1, 20000 * scale do list = {i, list and list[2] and list} end
collectgarbage()
print(list[1])
