/* A lexer for a C-like language written as one large switch over state and character class. */
#include "../bench.h"

enum state {
    START,
    IDENTIFIER,
    ZERO,
    DECIMAL,
    HEX,
    OCTAL,
    FRACTION,
    EXPONENT,
    EXPONENT_SIGN,
    EXPONENT_DIGITS,
    STRING,
    STRING_ESCAPE,
    CHARACTER,
    CHARACTER_ESCAPE,
    SLASH,
    LINE_COMMENT,
    BLOCK_COMMENT,
    BLOCK_STAR,
    PLUS,
    MINUS,
    LESS,
    SHIFT_LEFT,
    GREATER,
    SHIFT_RIGHT,
    EQUALS,
    BANG,
    AMPERSAND,
    PIPE,
    STAR,
    DOT,
    DOTS,
    PREPROCESSOR,
    TOKEN_END,
    STATES
};

/* The state after c; TOKEN_END: the token ended before c. */
static enum state step(enum state state, char c) {
    switch (state) {
    case START:
        switch (c) {
        case ' ':
        case '\n':
        case '\t': return START;
        case '0': return ZERO;
        case '1':
        case '2':
        case '3':
        case '4':
        case '5':
        case '6':
        case '7':
        case '8':
        case '9': return DECIMAL;
        case '"': return STRING;
        case '\'': return CHARACTER;
        case '/': return SLASH;
        case '+': return PLUS;
        case '-': return MINUS;
        case '<': return LESS;
        case '>': return GREATER;
        case '=': return EQUALS;
        case '!': return BANG;
        case '&': return AMPERSAND;
        case '|': return PIPE;
        case '*': return STAR;
        case '.': return DOT;
        case '#': return PREPROCESSOR;
        case '(':
        case ')':
        case '{':
        case '}':
        case '[':
        case ']':
        case ';':
        case ',': return START;
        default: return IDENTIFIER;
        }
    case IDENTIFIER:
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_'
                   ? IDENTIFIER
                   : TOKEN_END;
    case ZERO:
        if (c == 'x')
            return HEX;
        if (c == '.')
            return FRACTION;
        return c >= '0' && c <= '7' ? OCTAL : TOKEN_END;
    case DECIMAL:
        if (c == '.')
            return FRACTION;
        if (c == 'e')
            return EXPONENT;
        return c >= '0' && c <= '9' ? DECIMAL : TOKEN_END;
    case HEX: return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ? HEX : TOKEN_END;
    case OCTAL: return c >= '0' && c <= '7' ? OCTAL : TOKEN_END;
    case FRACTION:
        if (c == 'e')
            return EXPONENT;
        return c >= '0' && c <= '9' ? FRACTION : TOKEN_END;
    case EXPONENT:
        if (c == '+' || c == '-')
            return EXPONENT_SIGN;
        return c >= '0' && c <= '9' ? EXPONENT_DIGITS : TOKEN_END;
    case EXPONENT_SIGN:
    case EXPONENT_DIGITS: return c >= '0' && c <= '9' ? EXPONENT_DIGITS : TOKEN_END;
    case STRING: return c == '"' ? TOKEN_END : c == '\\' ? STRING_ESCAPE : STRING;
    case STRING_ESCAPE: return STRING;
    case CHARACTER: return c == '\'' ? TOKEN_END : c == '\\' ? CHARACTER_ESCAPE : CHARACTER;
    case CHARACTER_ESCAPE: return CHARACTER;
    case SLASH: return c == '/' ? LINE_COMMENT : c == '*' ? BLOCK_COMMENT : TOKEN_END;
    case LINE_COMMENT: return c == '\n' ? TOKEN_END : LINE_COMMENT;
    case BLOCK_COMMENT: return c == '*' ? BLOCK_STAR : BLOCK_COMMENT;
    case BLOCK_STAR: return c == '/' ? TOKEN_END : c == '*' ? BLOCK_STAR : BLOCK_COMMENT;
    case PLUS: return c == '+' || c == '=' ? START : TOKEN_END;
    case MINUS: return c == '-' || c == '=' || c == '>' ? START : TOKEN_END;
    case LESS: return c == '<' ? SHIFT_LEFT : c == '=' ? START : TOKEN_END;
    case GREATER: return c == '>' ? SHIFT_RIGHT : c == '=' ? START : TOKEN_END;
    case SHIFT_LEFT:
    case SHIFT_RIGHT:
    case EQUALS:
    case BANG:
    case STAR: return c == '=' ? START : TOKEN_END;
    case AMPERSAND: return c == '&' || c == '=' ? START : TOKEN_END;
    case PIPE: return c == '|' || c == '=' ? START : TOKEN_END;
    case DOT: return c == '.' ? DOTS : c >= '0' && c <= '9' ? FRACTION : TOKEN_END;
    case DOTS: return c == '.' ? START : TOKEN_END;
    case PREPROCESSOR: return c == '\n' ? TOKEN_END : PREPROCESSOR;
    default: return START;
    }
}

int main(int argc, char **argv) {
    static const char *const pieces[] = {
        "int main(void) {\n",  "return x->y + 0x7f3a;\n",   "if (a <<= 3 && b != 4.5e-10)\n",
        "\"text \\\"q\\\" \"", "/* a comment * here */\n",  "// to the end of the line\n",
        "#define NAME 'c'\n",  "for (i = 0; i < 100; ++i)", "array[index_17] |= 0777 >> 2;\n",
        "call(&value, ...);",  "x = y / z - 12.25 * .5;\n"};
    static char text[30000];
    uint64_t seed = 29, sum = 0, counts[STATES] = {0};
    size_t size = 0;
    while (size < sizeof text - 64)
        size += strlen(strcpy(text + size, pieces[next_random(&seed) % 11]));
    long rounds = scaled(argc, argv, 2500);
    for (long round = 0; round < rounds; round++) {
        enum state state = START;
        for (size_t i = 0; i < size; i++) {
            enum state next = step(state, text[i]);
            if (next == TOKEN_END) {
                counts[state]++;
                next = step(START, text[i]);
            }
            state = next;
        }
    }
    for (int i = 0; i < STATES; i++)
        sum = mix(sum, counts[i]);
    print_checksum(sum);
    return 0;
}
