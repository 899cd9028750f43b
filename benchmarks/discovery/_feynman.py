"""The fifty formulas of volume I of the Feynman Lectures, with the ranges that inputs are drawn from.

Formulas and ranges are those of the Feynman Symbolic Regression Database, written down anew from their
published definitions: S.-M. Udrescu and M. Tegmark, "AI Feynman: a physics-inspired method for symbolic
regression", Science Advances 6 (2020) eaay2631, doi:10.1126/sciadv.aay2631, tables 4 and 5, all rows of
volume I. Inputs are drawn uniformly.
"""

from __future__ import annotations

from dataclasses import dataclass

Ranges = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Formula:
    """`number`: section and equation in the Lectures; `text`: what SymPy reads; `ranges`: of each input."""

    number: str
    text: str
    ranges: Ranges


def _all(names: str, low: float, high: float) -> Ranges:
    return dict.fromkeys(names.split(), (float(low), float(high)))


FORMULAS = (
    Formula("I.6.20a", "exp(-theta**2/2)/sqrt(2*pi)", _all("theta", 1, 3)),
    Formula("I.6.20", "exp(-(theta/sigma)**2/2)/(sqrt(2*pi)*sigma)", _all("sigma theta", 1, 3)),
    Formula(
        "I.6.20b", "exp(-((theta-theta1)/sigma)**2/2)/(sqrt(2*pi)*sigma)", _all("sigma theta theta1", 1, 3)
    ),
    Formula("I.8.14", "sqrt((x2-x1)**2+(y2-y1)**2)", _all("x1 x2 y1 y2", 1, 5)),
    Formula(
        "I.9.18",
        "G*m1*m2/((x2-x1)**2+(y2-y1)**2+(z2-z1)**2)",
        _all("m1 m2 G x2 y2 z2", 1, 2) | _all("x1 y1 z1", 3, 4),
    ),
    Formula("I.10.7", "m_0/sqrt(1-v**2/c**2)", _all("m_0", 1, 5) | _all("v", 1, 2) | _all("c", 3, 10)),
    Formula("I.11.19", "x1*y1+x2*y2+x3*y3", _all("x1 x2 x3 y1 y2 y3", 1, 5)),
    Formula("I.12.1", "mu*Nn", _all("mu Nn", 1, 5)),
    Formula("I.12.2", "q1*q2*r/(4*pi*epsilon*r**3)", _all("q1 q2 epsilon r", 1, 5)),
    Formula("I.12.4", "q1*r/(4*pi*epsilon*r**3)", _all("q1 epsilon r", 1, 5)),
    Formula("I.12.5", "q2*Ef", _all("q2 Ef", 1, 5)),
    Formula("I.12.11", "q*(Ef+B*v*sin(theta))", _all("q Ef B v theta", 1, 5)),
    Formula("I.13.4", "m*(v**2+u**2+w**2)/2", _all("m v u w", 1, 5)),
    Formula("I.13.12", "G*m1*m2*(1/r2-1/r1)", _all("m1 m2 r1 r2 G", 1, 5)),
    Formula("I.14.3", "m*g*z", _all("m g z", 1, 5)),
    Formula("I.14.4", "k_spring*x**2/2", _all("k_spring x", 1, 5)),
    Formula(
        "I.15.3x",
        "(x-u*t)/sqrt(1-u**2/c**2)",
        _all("x", 5, 10) | _all("u t", 1, 2) | _all("c", 3, 20),
    ),
    Formula(
        "I.15.3t",
        "(t-u*x/c**2)/sqrt(1-u**2/c**2)",
        _all("x t", 1, 5) | _all("c", 3, 10) | _all("u", 1, 2),
    ),
    Formula("I.15.10", "m_0*v/sqrt(1-v**2/c**2)", _all("m_0", 1, 5) | _all("v", 1, 2) | _all("c", 3, 10)),
    Formula("I.16.6", "(u+v)/(1+u*v/c**2)", _all("c v u", 1, 5)),
    Formula("I.18.4", "(m1*r1+m2*r2)/(m1+m2)", _all("m1 m2 r1 r2", 1, 5)),
    Formula("I.18.12", "r*F*sin(theta)", _all("r F", 1, 5) | _all("theta", 0, 5)),
    Formula("I.18.14", "m*r*v*sin(theta)", _all("m r v theta", 1, 5)),
    Formula("I.24.6", "m*(omega**2+omega_0**2)*x**2/4", _all("m omega x", 1, 3) | _all("omega_0", 3, 5)),
    Formula("I.25.13", "q/C", _all("q C", 1, 5)),
    Formula("I.26.2", "asin(n*sin(theta2))", _all("n", 0, 1) | _all("theta2", 1, 5)),
    Formula("I.27.6", "1/(1/d1+n/d2)", _all("d1 d2 n", 1, 5)),
    Formula("I.29.4", "omega/c", _all("omega c", 1, 10)),
    Formula("I.29.16", "sqrt(x1**2+x2**2-2*x1*x2*cos(theta1-theta2))", _all("x1 x2 theta1 theta2", 1, 5)),
    Formula("I.30.3", "Int_0*sin(n*theta/2)**2/sin(theta/2)**2", _all("Int_0 theta n", 1, 5)),
    Formula("I.30.5", "asin(lambd/(n*d))", _all("lambd", 1, 2) | _all("d", 2, 5) | _all("n", 1, 5)),
    Formula("I.32.5", "q**2*a**2/(6*pi*epsilon*c**3)", _all("q a epsilon c", 1, 5)),
    Formula(
        "I.32.17",
        "(epsilon*c*Ef**2/2)*(8*pi*r**2/3)*(omega**4/(omega**2-omega_0**2)**2)",
        _all("epsilon c Ef r omega", 1, 2) | _all("omega_0", 3, 5),
    ),
    Formula("I.34.8", "q*v*B/p", _all("q v B p", 1, 5)),
    Formula("I.34.1", "omega_0/(1-v/c)", _all("c", 3, 10) | _all("v", 1, 2) | _all("omega_0", 1, 5)),
    Formula(
        "I.34.14",
        "(1+v/c)/sqrt(1-v**2/c**2)*omega_0",
        _all("c", 3, 10) | _all("v", 1, 2) | _all("omega_0", 1, 5),
    ),
    Formula("I.34.27", "h/(2*pi)*omega", _all("omega h", 1, 5)),
    Formula("I.37.4", "I1+I2+2*sqrt(I1*I2)*cos(delta)", _all("I1 I2 delta", 1, 5)),
    Formula("I.38.12", "4*pi*epsilon*(h/(2*pi))**2/(m*q**2)", _all("m q h epsilon", 1, 5)),
    Formula("I.39.1", "3*pr*V/2", _all("pr V", 1, 5)),
    Formula("I.39.11", "pr*V/(gamma-1)", _all("gamma", 2, 5) | _all("pr V", 1, 5)),
    Formula("I.39.22", "n*kb*T/V", _all("n T V kb", 1, 5)),
    Formula("I.40.1", "n_0*exp(-m*g*x/(kb*T))", _all("n_0 m x T g kb", 1, 5)),
    Formula(
        "I.41.16",
        "h/(2*pi)*omega**3/(pi**2*c**2*(exp(h/(2*pi)*omega/(kb*T))-1))",
        _all("omega T h kb c", 1, 5),
    ),
    Formula("I.43.16", "mu_drift*q*Volt/d", _all("mu_drift q Volt d", 1, 5)),
    Formula("I.43.31", "mob*kb*T", _all("mob T kb", 1, 5)),
    Formula("I.43.43", "kb*v/(A*(gamma-1))", _all("gamma", 2, 5) | _all("kb A v", 1, 5)),
    Formula("I.44.4", "n*kb*T*log(V2/V1)", _all("n kb T V1 V2", 1, 5)),
    Formula("I.47.23", "sqrt(gamma*pr/rho)", _all("gamma pr rho", 1, 5)),
    Formula("I.48.2", "m*c**2/sqrt(1-v**2/c**2)", _all("m", 1, 5) | _all("v", 1, 2) | _all("c", 3, 10)),
)
