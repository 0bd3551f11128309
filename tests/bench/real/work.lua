-- Tables, strings, closures and floating point.
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print("fib", fib(31))

local sieve, count = {}, 0
for i = 2, 1500000 do sieve[i] = true end
for i = 2, 1500000 do
  if sieve[i] then
    count = count + 1
    for j = i * i, 1500000, i do sieve[j] = false end
  end
end
print("primes", count)

local counts, seed = {}, 42
for _ = 1, 600000 do
  seed = (seed * 1103515245 + 12345) % 2147483648
  local key = string.format("k%d", seed % 5000)
  counts[key] = (counts[key] or 0) + 1
end
local keys = {}
for key in pairs(counts) do keys[#keys + 1] = key end
table.sort(keys, function(a, b) return counts[a] > counts[b] or counts[a] == counts[b] and a < b end)
print("keys", #keys, keys[1], counts[keys[1]])

local function make(x, y) return setmetatable({x = x, y = y}, {__index = {size = function(p) return p.x * p.x + p.y * p.y end}}) end
local total = 0.0
for i = 1, 400000 do total = total + make(i * 0.5, i * 0.25):size() end
print("sum", string.format("%.6g", total))

local text = string.rep("the quick brown fox jumps over the lazy dog ", 8000)
local words = 0
for word in text:gmatch("%a+") do words = words + #word end
print("words", words, (text:gsub("o", "0")):sub(1, 20))
