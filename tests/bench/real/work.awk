# Fields, associative arrays, regular expressions and numbers.
{
    for (i = 1; i <= NF; i++) {
        if ($i ~ /^[0-9]+$/)
            sum += sqrt($i)
        else
            counts[$i]++
    }
    lengths[length($0) % 16] += index($0, "sta")
    if (gsub(/re/, "RE") > 3)
        many++
}
END {
    for (word in counts)
        if (counts[word] > most || counts[word] == most && word < best) {
            most = counts[word]
            best = word
        }
    printf "%s %d %d %.6g %d\n", best, most, many, sum, lengths[3]
}
